// SPDX-License-Identifier: Apache-2.0

package taxii

// This file holds the resources of TAXII 2.1, as they stand in JSON.

// Discovery is what a server says of itself. TAXII 2.1 §4.1.1
type Discovery struct {
	Title       string   `json:"title"`
	Description string   `json:"description,omitzero"`
	Contact     string   `json:"contact,omitzero"`
	Default     string   `json:"default,omitzero"`   // the URL of one of the API roots
	APIRoots    []string `json:"api_roots,omitzero"` // URLs
}

// APIRoot is a group of collections. TAXII 2.1 §4.2.1
type APIRoot struct {
	Title            string   `json:"title"`
	Description      string   `json:"description,omitzero"`
	Versions         []string `json:"versions"`           // media types, such as [MediaType]
	MaxContentLength int64    `json:"max_content_length"` // bytes of a POST, greater than 0
}

// Status says what has become of the objects of one POST. TAXII 2.1 §4.3.1
type Status struct {
	ID               string         `json:"id"`
	Status           string         `json:"status"` // StatusPending or StatusComplete
	RequestTimestamp string         `json:"request_timestamp,omitzero"`
	TotalCount       int            `json:"total_count"`
	SuccessCount     int            `json:"success_count"`
	Successes        []StatusDetail `json:"successes,omitzero"`
	FailureCount     int            `json:"failure_count"`
	Failures         []StatusDetail `json:"failures,omitzero"`
	PendingCount     int            `json:"pending_count"`
	Pendings         []StatusDetail `json:"pendings,omitzero"`
}

// The two states of a Status.
const (
	StatusPending  = "pending"
	StatusComplete = "complete"
)

// StatusDetail is what has become of one object. TAXII 2.1 §4.3.1
type StatusDetail struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Message string `json:"message,omitzero"`
}

// Collections is a list of collections. TAXII 2.1 §5.1.1
type Collections struct {
	Collections []Collection `json:"collections,omitzero"`
}

// Collection is one collection, as the asking client may use it. TAXII 2.1 §5.2.1
type Collection struct {
	ID          string   `json:"id"` // a UUID
	Title       string   `json:"title"`
	Description string   `json:"description,omitzero"`
	Alias       string   `json:"alias,omitzero"` // unique in the API root; stands for the id in URLs
	CanRead     bool     `json:"can_read"`
	CanWrite    bool     `json:"can_write"`
	MediaTypes  []string `json:"media_types,omitzero"`
}

// Manifest says what a collection holds, without the objects. TAXII 2.1 §5.3.1
type Manifest struct {
	More bool `json:"more,omitzero"`
	// Next is not in the standard, which left clients without a way on; those
	// that do not know it pass over it.
	Next    string           `json:"next,omitzero"`
	Objects []ManifestRecord `json:"objects,omitzero"`
}

// ManifestRecord is one version of one object. TAXII 2.1 §5.3.1
type ManifestRecord struct {
	ID        string `json:"id"`
	DateAdded string `json:"date_added"`
	Version   string `json:"version"`
	MediaType string `json:"media_type,omitzero"`
}

// Versions are the versions of one object. TAXII 2.1 §5.8.1
type Versions struct {
	More     bool     `json:"more,omitzero"`
	Next     string   `json:"next,omitzero"` // as in Manifest
	Versions []string `json:"versions,omitzero"`
}

// Error is the body of every answer that is not a success. It says nothing that
// the asking client may not know. TAXII 2.1 §3.6.1
type Error struct {
	Title           string            `json:"title"`
	Description     string            `json:"description,omitzero"`
	ErrorID         string            `json:"error_id,omitzero"`
	ErrorCode       string            `json:"error_code,omitzero"`
	HTTPStatus      string            `json:"http_status,omitzero"` // the digits of the status, as a string
	ExternalDetails string            `json:"external_details,omitzero"`
	Details         map[string]string `json:"details,omitzero"`
}
