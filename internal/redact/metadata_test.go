// SPDX-License-Identifier: Apache-2.0

package redact

// This file tests what is taken out of files that are attached.

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

func picture(t *testing.T, encode func(*bytes.Buffer, image.Image) error) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range img.Pix {
		img.Pix[i] = byte(i * 31)
	}
	var out bytes.Buffer
	if err := encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func segment(marker byte, body string) []byte {
	head := []byte{0xff, marker, 0, 0}
	binary.BigEndian.PutUint16(head[2:], uint16(len(body)+2))
	return append(head, body...)
}

func pngChunk(name, body string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, name...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

const secret = "Kim Lee, 59.9312, 30.3608"

// sent is what leaves of an artifact with this payload: nil if it stays.
func sent(t *testing.T, payload []byte) ([]byte, []Cut) {
	t.Helper()
	object, err := json.Marshal(map[string]any{
		"type": "artifact", "spec_version": "2.1", "id": "artifact--11111111-1111-4111-8111-111111111113",
		"mime_type": "application/octet-stream", "payload_bin": base64.StdEncoding.EncodeToString(payload), "hashes": map[string]string{"MD5": "d41d8cd98f00b204e9800998ecf8427e"},
	})
	if err != nil {
		t.Fatal(err)
	}
	out, _, cuts, err := Apply(Plan{}, []jsontext.Value{object}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		return nil, cuts
	}
	var left struct {
		Payload string            `json:"payload_bin"`
		Hashes  map[string]string `json:"hashes"`
	}
	if err := json.Unmarshal(out[0], &left); err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(left.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(raw, payload) != (left.Hashes != nil) {
		t.Errorf("the hashes of another picture leave: %v", left.Hashes)
	}
	return raw, cuts
}

// A picture leaves as the same picture, without a word of its metadata.
func TestPicturesLeaveWithoutMetadata(t *testing.T) {
	jpg := picture(t, func(out *bytes.Buffer, img image.Image) error { return jpeg.Encode(out, img, nil) })
	pic := picture(t, func(out *bytes.Buffer, img image.Image) error { return png.Encode(out, img) })
	withJPEG := bytes.Join([][]byte{jpg[:2], segment(0xe1, "Exif\x00\x00"+secret), segment(0xe2, "ICC_PROFILE\x00"+secret), segment(0xed, "Photoshop 3.0\x00"+secret),
		segment(0xfe, secret), jpg[2:], []byte(secret)}, nil)
	end := len(pic) - 12
	withPNG := bytes.Join([][]byte{pic[:33], pngChunk("tEXt", "Author\x00"+secret), pngChunk("eXIf", secret), pngChunk("tIME", "1234567"), pic[33:end], pngChunk("iTXt", secret), pic[end:], []byte(secret)}, nil)
	for name, test := range map[string]struct{ dirty, clean []byte }{
		"JPEG": {withJPEG, jpg}, "PNG": {withPNG, pic}, "JPEG, clean": {jpg, jpg}, "PNG, clean": {pic, pic},
	} {
		raw, cuts := sent(t, test.dirty)
		if !bytes.Equal(raw, test.clean) {
			t.Errorf("%s: %d bytes leave, want the %d of the plain picture", name, len(raw), len(test.clean))
		}
		if want := !bytes.Equal(test.dirty, test.clean); want != (len(cuts) > 0 && cuts[0].Rule == Metadata) {
			t.Errorf("%s: cuts %+v", name, cuts)
		}
		if _, _, err := image.Decode(bytes.NewReader(raw)); err != nil {
			t.Errorf("%s: what leaves is no picture: %v", name, err)
		}
	}
}

// What carries metadata that cannot be told from the rest stays, and so does a
// picture that is broken.
func TestDocumentsStay(t *testing.T) {
	jpg := picture(t, func(out *bytes.Buffer, img image.Image) error { return jpeg.Encode(out, img, nil) })
	for name, payload := range map[string]string{
		"PDF": "%PDF-1.7 /Author (" + secret + ")", "PDF behind junk": "\n\n%PDF-1.4", "Office": "PK\x03\x04....[Content_Types].xml", "OpenDocument": "PK\x03\x04..mimetypeapplication/vnd.oasis",
		"old Office": "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + secret, "RTF": "{\\rtf1{\\info{\\author x}}}", "GIF": "GIF89a" + secret, "TIFF": "II*\x00" + secret,
		"an archive": "PK\x03\x04photo.jpg", "gzip": "\x1f\x8b\x08" + secret, "7z": "7z\xbc\xaf\x27\x1c" + secret, "bitmap": "BM\x00" + secret, "sound without a label": "\xff\xfb\x90" + secret, "text with a hidden byte": "a\x00b",
		"HEIC": "\x00\x00\x00\x18ftypheic" + secret, "WebP": "RIFF\x00\x00\x00\x00WEBPEXIF" + secret, "cut JPEG": string(jpg[:len(jpg)-2]), "PNG without end": "\x89PNG\r\n\x1a\n" + secret,
	} {
		raw, cuts := sent(t, []byte(payload))
		if raw != nil || len(cuts) == 0 || cuts[0].Rule != Metadata {
			t.Errorf("%s: %d bytes leave, cuts %+v", name, len(raw), cuts)
		}
	}
	for name, payload := range map[string]string{"a script": "#!/bin/sh\necho\n", "a program": "MZ\x90\x00", "a program of Linux": "\x7fELF\x02", "a letter": "Où ?\n"} {
		if raw, cuts := sent(t, []byte(payload)); string(raw) != payload {
			t.Errorf("%s: %q leaves, cuts %+v", name, raw, cuts)
		}
	}
}

// The file whose content a picture is says no hash and no size of it as it was.
func TestAFileOfAPictureIsNotNamed(t *testing.T) {
	pic := picture(t, func(out *bytes.Buffer, img image.Image) error { return png.Encode(out, img) })
	dirty := slices.Concat(pic[:len(pic)-12], pngChunk("tEXt", "Author\x00"+secret), pic[len(pic)-12:])
	const artifact, file = "artifact--00000001-0000-4000-8000-000000000001", "file--00000001-0000-4000-8000-000000000002"
	objects := []jsontext.Value{
		jsontext.Value(`{"type":"file","spec_version":"2.1","id":"` + file + `","name":"photo.png","size":` + strconv.Itoa(len(dirty)) +
			`,"hashes":{"SHA-256":"` + strings.Repeat("ab", 32) + `"},"content_ref":"` + artifact + `"}`),
		jsontext.Value(`{"type":"artifact","spec_version":"2.1","id":"` + artifact + `","mime_type":"image/png","payload_bin":"` + base64.StdEncoding.EncodeToString(dirty) + `"}`),
	}
	out, _, cuts, err := Apply(Plan{}, objects, time.Now())
	if err != nil || len(out) != 2 {
		t.Fatal(out, cuts, err)
	}
	for _, object := range out {
		if text := string(object); strings.Contains(text, "hashes") || strings.Contains(text, `"size"`) {
			t.Error(text)
		}
	}
}

func FuzzMetadata(f *testing.F) {
	var pic bytes.Buffer
	if err := png.Encode(&pic, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		f.Fatal(err)
	}
	f.Add(pic.Bytes())
	f.Add(bytes.Join([][]byte{jpegStart[:2], segment(0xe1, "Exif"), segment(0xda, "x"), {1, 2, 0xff, 0, 0xff, 0xd9}}, nil))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if clean, ok := cleanPNG(append(bytes.Clone(pngStart), raw...)); ok {
			if again, ok := cleanPNG(clean); !ok || !bytes.Equal(again, clean) || strings.Contains(string(clean), "tEXt") && !bytes.Contains(raw, []byte("tEXt")) {
				t.Fatal("cleaning twice is not cleaning once")
			}
		}
		if clean, ok := cleanJPEG(append(bytes.Clone(jpegStart[:2]), raw...)); ok {
			if again, ok := cleanJPEG(clean); !ok || !bytes.Equal(again, clean) {
				t.Fatal("cleaning twice is not cleaning once")
			}
		}
	})
}
