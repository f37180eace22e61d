package main

import (
	"sync"

	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
)

// lockedMux is a MuxCache that is given more caches while it is used.
type lockedMux struct {
	cachev3.MuxCache
	mu sync.RWMutex
}

func (m *lockedMux) add(id string, cache cachev3.Cache) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Caches[id] = cache
}

func (m *lockedMux) CreateWatch(r *cachev3.Request, sub cachev3.Subscription, to chan cachev3.Response) (func(), error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.MuxCache.CreateWatch(r, sub, to)
}

func (m *lockedMux) CreateDeltaWatch(r *cachev3.DeltaRequest, sub cachev3.Subscription, to chan cachev3.DeltaResponse) (func(), error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.MuxCache.CreateDeltaWatch(r, sub, to)
}
