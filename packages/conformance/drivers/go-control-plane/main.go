// Lets the conformance suite set what a server of go-control-plane serves: go run . -cache linear | snapshot | snapshot-ads.
// Each cache is used as its documentation says; a change bumps the version of the types that it touches, and no other.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"maps"
	"net"
	"os"
	"runtime/debug"
	"strconv"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/sotw/v3"
	serverv3 "github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/anypb"
)

type resource struct {
	TypeURL string `json:"typeUrl"`
	Name    string `json:"name"`
	Value   []byte `json:"value"`
}

type change struct {
	Node   string     `json:"node"`
	Set    []resource `json:"set"`
	Remove []resource `json:"remove"`
}

// store takes changes for one of the caches: what is set and what is removed, by type.
type store func(node string, set map[string]map[string]types.Resource, remove map[string][]string) error

// order is make before break.
var order = []string{
	resourcev3.ClusterType, resourcev3.EndpointType, resourcev3.ListenerType, resourcev3.RouteType, resourcev3.SecretType,
}

func main() {
	kind := flag.String("cache", "snapshot", "linear, snapshot or snapshot-ads")
	flag.Parse()
	var cache cachev3.Cache
	var apply store
	switch *kind {
	case "linear":
		cache, apply = newLinear()
	case "snapshot":
		cache, apply = newSnapshot(false)
	case "snapshot-ads":
		cache, apply = newSnapshot(true)
	default:
		log.Fatalf("unknown -cache %q: linear, snapshot or snapshot-ads", *kind)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	xds := serverv3.NewServer(context.Background(), cache, nil, sotw.WithOrderedADS())
	discoveryv3.RegisterAggregatedDiscoveryServiceServer(server, xds)
	go server.Serve(listener)
	say(map[string]any{"ok": true, "server": listener.Addr().String(), "name": "go-control-plane " + version() + ", " + *kind})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if err := take(lines.Bytes(), apply); err != nil {
			say(map[string]any{"error": err.Error()})
		} else {
			say(map[string]any{"ok": true})
		}
	}
	server.Stop()
}

func say(answer map[string]any) {
	line, _ := json.Marshal(answer)
	fmt.Println(string(line))
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/envoyproxy/go-control-plane" {
			return module.Version
		}
	}
	return ""
}

func take(line []byte, apply store) error {
	var c change
	if err := json.Unmarshal(line, &c); err != nil {
		return err
	}
	set := map[string]map[string]types.Resource{}
	for _, one := range c.Set {
		message, err := (&anypb.Any{TypeUrl: one.TypeURL, Value: one.Value}).UnmarshalNew()
		if err != nil {
			return err
		}
		if set[one.TypeURL] == nil {
			set[one.TypeURL] = map[string]types.Resource{}
		}
		set[one.TypeURL][one.Name] = message
	}
	remove := map[string][]string{}
	for _, one := range c.Remove {
		remove[one.TypeURL] = append(remove[one.TypeURL], one.Name)
	}
	return apply(c.Node, set, remove)
}

// newSnapshot is a SnapshotCache. With ads it holds responses back until a request names all that the snapshot has.
func newSnapshot(ads bool) (cachev3.Cache, store) {
	cache := cachev3.NewSnapshotCache(ads, cachev3.IDHash{}, nil)
	snapshots := map[string]*cachev3.Snapshot{}
	versions := 0
	return cache, func(node string, set map[string]map[string]types.Resource, remove map[string][]string) error {
		next := &cachev3.Snapshot{}
		if last := snapshots[node]; last != nil {
			next.Resources = last.Resources
		}
		versions++
		for _, typeURL := range order {
			if len(set[typeURL]) == 0 && len(remove[typeURL]) == 0 {
				continue
			}
			at := cachev3.GetResponseType(typeURL)
			items := maps.Clone(next.Resources[at].Items)
			if items == nil {
				items = map[string]types.ResourceWithTTL{}
			}
			for name, one := range set[typeURL] {
				items[name] = types.ResourceWithTTL{Resource: one}
			}
			for _, name := range remove[typeURL] {
				delete(items, name)
			}
			next.Resources[at] = cachev3.Resources{Version: strconv.Itoa(versions), Items: items}
		}
		snapshots[node] = next
		return cache.SetSnapshot(context.Background(), node, next)
	}
}

// newLinear is a LinearCache for each node and type, joined by a MuxCache. A node is known before its streams are.
func newLinear() (cachev3.Cache, store) {
	key := func(node *corev3.Node, typeURL string) string { return node.GetId() + " " + typeURL }
	mux := &lockedMux{MuxCache: cachev3.MuxCache{
		Classify:      func(r *cachev3.Request) string { return key(r.GetNode(), r.GetTypeUrl()) },
		ClassifyDelta: func(r *cachev3.DeltaRequest) string { return key(r.GetNode(), r.GetTypeUrl()) },
		Caches:        map[string]cachev3.Cache{},
	}}
	linear := map[string]*cachev3.LinearCache{}
	return mux, func(node string, set map[string]map[string]types.Resource, remove map[string][]string) error {
		update := func(typeURL string, set map[string]types.Resource, remove []string) error {
			if len(set) == 0 && len(remove) == 0 {
				return nil
			}
			return linear[node+" "+typeURL].UpdateResources(set, remove)
		}
		for _, typeURL := range order {
			id := node + " " + typeURL
			if linear[id] == nil {
				linear[id] = cachev3.NewLinearCache(typeURL)
				mux.add(id, linear[id])
			}
		}
		// What is new first, what is gone after it.
		for _, typeURL := range order {
			if err := update(typeURL, set[typeURL], nil); err != nil {
				return err
			}
		}
		for _, typeURL := range order {
			if err := update(typeURL, nil, remove[typeURL]); err != nil {
				return err
			}
		}
		return nil
	}
}
