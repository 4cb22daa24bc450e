// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds what two nodes agree on so that a warning can be said by
// voice.

// Voice gives the partner our half of the secret for what is said by voice. It
// is sealed for the partner once more: the stores of both keep this message.
type Voice struct {
	Sealed []byte `json:"sealed"`
}

// maxVoice bounds a sealed secret, in bytes.
const maxVoice = 8 << 10

// Validate refuses what can be no sealed secret.
func (v *Voice) Validate() error {
	wrong := &list{}
	if len(v.Sealed) == 0 || len(v.Sealed) > maxVoice {
		wrong.add("sealed: 1 to %d bytes", maxVoice)
	}
	return wrong.join()
}
