package main

import (
	"bufio"
	"context"
	"net/http"
	"os"
	"strconv"
	"sync"
)

// bare keeps idle streams open with nothing but net/http, as many as its side
// door is asked for: the floor of what a live session costs.
func bare(ctx context.Context) error {
	client, at := bareClient(), os.Getenv(kiteEnv)+"/sse"
	var streams sync.WaitGroup
	defer streams.Wait()
	stop, err := sideDoor(map[string]http.HandlerFunc{"/streams": counting(func(r *http.Request) (int, error) {
		n, _ := strconv.Atoi(r.FormValue("n"))
		for range n {
			if err := bareStream(ctx, client, at, &streams); err != nil {
				return 0, err
			}
		}
		return n, nil
	})})
	if err != nil {
		return err
	}
	defer stop()
	<-ctx.Done()
	return nil
}

// bareStream opens a stream, waits for its first event and goes on reading.
func bareStream(ctx context.Context, client *http.Client, at string, streams *sync.WaitGroup) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	r := bufio.NewReaderSize(resp.Body, 1024)
	if _, err := r.ReadString('\n'); err != nil {
		return err
	}
	streams.Go(func() {
		defer resp.Body.Close()
		for err := error(nil); err == nil; {
			_, err = r.ReadSlice('\n')
		}
	})
	return nil
}
