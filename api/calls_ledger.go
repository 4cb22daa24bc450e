// SPDX-License-Identifier: Apache-2.0

package api

// This file holds the client's calls for what is handed on: the dossier of a
// case, and the log's files.

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/tocsin-exchange/tocsin/handling"
)

// maxTile is the largest file of a log, in bytes: 256 hashes, or as many leaves.
const maxTile = 64 << 10

// Dossier is the dossier of a case as a file, with the texts or without.
func (c *Client) Dossier(ctx context.Context, id string, text bool) ([]byte, error) {
	return c.DossierFor(ctx, id, text, "")
}

// DossierFor is [Client.Dossier] for a purpose, one of handling.FilePurposes.
func (c *Client) DossierFor(ctx context.Context, id string, text bool, purpose handling.FilePurpose) ([]byte, error) {
	return c.raw(ctx, fmt.Sprintf("%s/dossier?text=%t&purpose=%s", path("/cases", id), text, url.QueryEscape(string(purpose))), "*/*")
}

// Tiles calls each for the files of the node's log, with their paths below the
// log's prefix (C2SP tlog-tiles): what a log of size from had not, and last the
// signed checkpoint, under the path "checkpoint". Each file is held against
// nothing here: the caller must verify them. ErrAnswer wraps the error of an
// answer that broke off.
func (c *Client) Tiles(ctx context.Context, from int64, entries bool, each func(path string, raw []byte) error) error {
	response, err := c.send(ctx, http.MethodGet, fmt.Sprintf("/ledger/tiles?from=%d&entries=%t", from, entries), TarType, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	archive := tar.NewReader(response.Body)
	last := ""
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) && last == "checkpoint" {
			return nil
		}
		if err != nil || header.Typeflag != tar.TypeReg || header.Size > maxTile {
			return fmt.Errorf("%w: the log's files broke off after %q: %w", ErrAnswer, last, errors.Join(err, io.ErrUnexpectedEOF))
		}
		raw, err := io.ReadAll(archive)
		if err != nil {
			return fmt.Errorf("%w: the log's files broke off in %q: %w", ErrAnswer, header.Name, err)
		}
		if err := each(header.Name, raw); err != nil {
			return err
		}
		last = header.Name
	}
}
