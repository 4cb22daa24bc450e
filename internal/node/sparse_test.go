// SPDX-License-Identifier: Apache-2.0

package node

// This file lets a stranger try to fill the log file.

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAStrangerFillsNoLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var file bytes.Buffer
		quiet := newSparse(slog.NewTextHandler(&file, nil))
		log := slog.New(quiet)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- quiet.Run(ctx) }()
		for range 10_000 {
			log.Warn("delivery refused", "from", "192.0.2.1:1")
		}
		log.With("partner", "bravo").Warn("delivery refused") // the same words
		log.Info("serving")
		log.Error("the disk is full")
		log.WithGroup("g").Warn("another")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		text := file.String()
		for words, want := range map[string]int{"msg=\"delivery refused\"": sparseEach, "left out: delivery refused": 1, "lines=9981": 1, "serving": 1, "the disk is full": 1, "another": 1} {
			if got := strings.Count(text, words); got != want {
				t.Errorf("%q stands there %d times, want %d", words, got, want)
			}
		}
		for i := range 30_000 {
			log.Warn(strings.Repeat("x", i%3000)) // words of its own each time
		}
		if lines := strings.Count(file.String(), "\n"); lines > sparseWords*sparseEach+100 {
			t.Errorf("%d lines", lines)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if !strings.Contains(file.String(), sparseOther) {
			t.Error("the end does not say what was left out")
		}
	})
}
