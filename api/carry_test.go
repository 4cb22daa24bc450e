// SPDX-License-Identifier: Apache-2.0

package api_test

// This file tests how a size is read.

import (
	"testing"

	"github.com/tocsin-exchange/tocsin/api"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"600MB": 600e6, "4GB": 4e9, "700 MiB": 700 << 20, "1": 1, "12b": 12, "3 kib": 3 << 10, "1024GiB": 1 << 40,
		"": -1, "MB": -1, "0MB": -1, "-4GB": -1, "4TB": -1, "4.5GB": -1, "1025GiB": -1, "99999999999999999999": -1, "4GB 2": -1, "MB4": -1,
	} {
		got, err := api.ParseSize(text)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q is %d (%v), want %d", text, got, err, want)
		}
	}
}
