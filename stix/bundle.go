// SPDX-License-Identifier: Apache-2.0

package stix

// This file writes bundles.

import (
	"bytes"
	"fmt"
)

// Bundle writes a bundle of the objects, in the order given and each with its
// bytes unchanged. The id must be that of a bundle, as [NewID]("bundle") makes;
// a bundle of no objects has no objects property. STIX 2.1 §8.1
func Bundle(id string, objects ...Object) ([]byte, error) {
	if objectType, _, ok := SplitID(id); !ok || objectType != "bundle" {
		return nil, fmt.Errorf("stix: %.80q is not the id of a bundle", id)
	}
	var bundle bytes.Buffer
	fmt.Fprintf(&bundle, `{"type":"bundle","id":"%s"`, id)
	for i, object := range objects {
		if object.IsZero() {
			return nil, fmt.Errorf("stix: object %d of the bundle is empty", i)
		}
		if i == 0 {
			bundle.WriteString(`,"objects":[`)
		} else {
			bundle.WriteByte(',')
		}
		bundle.WriteString(object.raw)
	}
	if len(objects) > 0 {
		bundle.WriteByte(']')
	}
	bundle.WriteByte('}')
	return bundle.Bytes(), nil
}
