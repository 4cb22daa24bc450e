// SPDX-License-Identifier: Apache-2.0

package store

// This file does work on all cores and takes the results in order.

import (
	"errors"
	"runtime"
)

// ordered works on what produce gives, on all cores, and hands each result to
// consume in the order of production. A few things are under way at a time.
// work must touch nothing that the others touch; produce runs on the caller's
// goroutine, consume on another, one at a time. The first error ends it.
func ordered[T, R any](produce func(give func(T) error) error, work func(T) R, consume func(R) error) error {
	type job struct {
		thing T
		done  chan R
	}
	cores := runtime.GOMAXPROCS(0)
	jobs, line := make(chan job), make(chan chan R, 2*cores)
	for range cores {
		go func() {
			for j := range jobs {
				j.done <- work(j.thing)
			}
		}()
	}
	failed, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		var err error
		for done := range line {
			result := <-done
			if err == nil {
				if err = consume(result); err != nil {
					close(failed)
				}
			}
		}
		ended <- err
	}()
	err := produce(func(thing T) error {
		select {
		case <-failed:
			return errConsumed
		default:
		}
		j := job{thing, make(chan R, 1)}
		line <- j.done
		jobs <- j
		return nil
	})
	close(jobs)
	close(line)
	if consumed := <-ended; consumed != nil {
		return consumed
	}
	return err
}

// errConsumed ends a production whose results nobody wants any more.
var errConsumed = errors.New("store: the results are not wanted")
