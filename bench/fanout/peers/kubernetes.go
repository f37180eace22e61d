package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"net/http"

	"evenkeel.dev/bench/fanout/internal/shape"
)

// watchSlices passes on the services of an API server, now and with every event of its watch.
func watchSlices(server string, assign func(name string, addresses []string) error) error {
	get := func(query string) (*http.Response, error) {
		response, err := http.Get(server + shape.SlicePath + query)
		if err == nil && response.StatusCode != http.StatusOK {
			err = fmt.Errorf("the API server answered %s", response.Status)
		}
		return response, err
	}
	response, err := get("")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var list struct {
		Items []shape.SliceObject `json:"items"`
	}
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil {
		return err
	}
	for _, slice := range list.Items {
		if err := assign(slice.AssignmentName(), slice.Addresses()); err != nil {
			return err
		}
	}
	watch, err := get("?watch=true")
	if err != nil {
		return err
	}
	go func() {
		defer watch.Body.Close()
		lines := bufio.NewReader(watch.Body)
		for {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				log.Fatal(err)
			}
			var event shape.SliceEvent
			if err := json.Unmarshal(line, &event); err != nil {
				log.Fatal(err)
			}
			if err := assign(event.Object.AssignmentName(), event.Object.Addresses()); err != nil {
				log.Print(err)
			}
		}
	}()
	return nil
}
