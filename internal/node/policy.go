// SPDX-License-Identifier: Apache-2.0

package node

// This file reads the policy: which witnesses cosign the node's log, and of
// which partners' logs their cosignatures are wanted.

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/witness"
)

// policyFile is a policy in a node's directory; there need not be one.
// C2SP tlog-policy
const policyFile = "policy"

func readPolicy(dir string) (*witness.Policy, error) {
	raw, err := os.ReadFile(filepath.Join(dir, policyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	hint := "mend " + filepath.Join(dir, policyFile) + ", or take it away: docs/spec/log.md says what stands in it"
	if err != nil {
		return nil, problem.New(problem.Invalid, hint, "the policy cannot be read").Because(err)
	}
	policy, err := witness.ParsePolicy(raw)
	if err != nil {
		_, what, _ := strings.Cut(strings.TrimPrefix(err.Error(), witness.ErrPolicy.Error()), ": ")
		return nil, problem.New(problem.Invalid, hint, "the policy cannot be used: %s", what).Because(err)
	}
	for _, w := range policy.Witnesses {
		if w.URL != "" && !envelope.ValidAddress(w.URL) {
			return nil, problem.New(problem.Invalid, hint, "the policy cannot be used: %q is no address of a witness: use https", w.URL)
		}
	}
	return policy, nil
}
