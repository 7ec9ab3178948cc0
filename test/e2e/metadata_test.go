package e2e_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// photograph is a sample with EXIF, IPTC and XMP: a sunrise in Benalmádena, taken with a PENTAX K-3 II.
func photograph(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/bep/imagemeta").Output()
	if err != nil {
		t.Skipf("the module github.com/bep/imagemeta is not in the module cache: %v", err)
	}
	file, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "testdata", "images", "bep", "sunrise.jpg"))
	if err != nil {
		t.Skip(err)
	}
	return string(file)
}

// metadataOf is what the server's own API shows.
func (s *server) metadataOf(fileName string) map[string]string {
	s.t.Helper()
	var detail struct{ Metadata map[string]string }
	s.decode("/v1/assets/"+s.asset(fileName).UUID, &detail)
	return detail.Metadata
}

// packetOf unpacks the XMP packet of an asset.
func (s *server) packetOf(handle string) string {
	s.t.Helper()
	packed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s.mustIPS(dialects()[0], "getXMPPacket",
		"<companyHandle>c|1</companyHandle><assetHandle>"+handle+"</assetHandle>").at("compressedPacket").Text))
	if err != nil {
		s.t.Fatal(err)
	}
	outer, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		s.t.Fatal(err)
	}
	inner, err := zlib.NewReader(outer)
	if err != nil {
		s.t.Fatal(err)
	}
	packet, err := io.ReadAll(inner)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(packet)
}

// TestEmbeddedMetadata uploads a photograph, finds it by what the camera wrote into it, and changes that.
func TestEmbeddedMetadata(t *testing.T) {
	s := start(t, mediaHere(t))
	photo := photograph(t)
	d := dialects()[0]
	const ch = "<companyHandle>c|1</companyHandle>"
	s.finished(s.upload(auth(), params(jobName("photos"), endJob, "<uploadParams><overwrite>true</overwrite><readyForPublish>true</readyForPublish><createMask>false</createMask>"+
		"<emailSetting>None</emailSetting></uploadParams>"), file("sunrise.jpg", photo), file("plain.jpg", jpegOf(t, 40, 30))))
	s.finished(s.upload(auth(), params(jobName("words"), endJob, "<uploadParams><overwrite>true</overwrite><readyForPublish>true</readyForPublish><createMask>false</createMask>"+
		"<emailSetting>None</emailSetting><xmpKeywords>sale</xmpKeywords></uploadParams>"), file("words.jpg", photo)))

	shown := s.metadataOf("sunrise.jpg")
	for key, want := range map[string]string{
		"tiff.Model": "PENTAX K-3 II", "exif.DateTimeOriginal": "2017-10-27T08:38:52", "exif.GPSLatitude": "36.59744167", "tiff.Orientation": "1",
		"photoshop.City": "Benalmádena", "dc.subject": "Malaga, Torremolinos", "keywords": "Malaga, Torremolinos", "photoshop.ICCProfile": "sRGB IEC61966-2.1",
		"tiff.XResolution": "72",
	} {
		if shown[key] != want {
			t.Errorf("%s is %q, want %q", key, shown[key], want)
		}
	}
	if plain := s.metadataOf("plain.jpg"); len(plain) != 0 {
		t.Errorf("a plain picture says %v", plain)
	}

	by := func(key, op, value string) string {
		return "<items><fieldHandle>" + key + "</fieldHandle><op>" + op + "</op>" + value + "</items>"
	}
	for _, condition := range []string{
		by("tiff.Model", "Equals", "<value>pentax k-3 ii</value>"), by("exif.Model", "Contains", "<value>K-3</value>"), by("iptc.City", "StartsWith", "<value>Benal</value>"),
		by("xmp.CreatorTool", "Contains", "<value>Lightroom</value>"), by("dc.subject", "Equals", "<value>malaga</value>"),
	} {
		found := s.mustIPS(d, "searchAssetsByMetadata", ch+"<metadataConditionArray>"+condition+"</metadataConditionArray>"+
			"<responseMetadataArray><items>exif.Model</items><items>dc.subject</items></responseMetadataArray>")
		if found.at("totalRows").Text != "2" {
			t.Errorf("%s finds %s assets", condition, found.at("totalRows").Text)
		}
		if names := strings.Join(found.at("assetSummaryArray", "items", "metadataArray").texts("name"), " "); names != "dc.subject exif.Model" {
			t.Errorf("%s shows %q", condition, names)
		}
	}
	for _, condition := range []string{
		by("m|1|IMAGE|tiff.Model", "Equals", "<value>PENTAX K-3 II</value>"), by("exif.FNumber", "LessThan", "<doubleVal>6</doubleVal>"),
		by("exif.DateTimeOriginal", "GreaterThan", "<dateVal>2017-10-01T00:00:00Z</dateVal>"),
	} {
		found := s.mustIPS(d, "searchAssets", ch+"<includeSubfolders>true</includeSubfolders><metadataConditionArray>"+condition+"</metadataConditionArray>")
		if found.at("totalRows").Text != "2" {
			t.Errorf("%s finds %s assets", condition, found.at("totalRows").Text)
		}
	}

	found := s.mustIPS(d, "getAssetsByName", ch+"<nameArray><items>sunrise</items></nameArray>").at("assetArray", "items")
	handle := found.at("assetHandle").Text
	if names := strings.Join(found.at("metadataArray").texts("name"), " "); !strings.Contains(names, "tiff.Model") || !strings.Contains(names, "dc.subject") {
		t.Errorf("metadataArray has %q", names)
	}
	if got := found.at("imageInfo", "resolution").Text; got != "72.0" {
		t.Errorf("resolution %q", got)
	}
	if packet := s.packetOf(handle); !strings.Contains(packet, "Sunrise in Spain") || !strings.Contains(packet, "Torremolinos") {
		t.Errorf("the packet is %.300s", packet)
	}
	words := s.mustIPS(d, "getAssetsByName", ch+"<nameArray><items>words</items></nameArray>").at("assetArray", "items")
	if packet := s.packetOf(words.at("assetHandle").Text); !strings.Contains(packet, "Sunrise in Spain") || !strings.Contains(packet, "sale") {
		t.Errorf("the packet with a keyword is %.300s", packet)
	}
	if got := s.metadataOf("words.jpg")["keywords"]; got != "Malaga, Torremolinos, sale" {
		t.Errorf("keywords %q", got)
	}

	// A packet of the client's own stays, and so does what the camera knows, however often the file is processed.
	mine := `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:City="Rome"/></rdf:RDF></x:xmpmeta>`
	s.mustIPS(d, "updateXMPPacket", ch+"<assetHandle>"+handle+"</assetHandle><compressedPacket>"+base64.StdEncoding.EncodeToString([]byte(mine))+"</compressedPacket>")
	for range 2 {
		shown = s.metadataOf("sunrise.jpg")
		if shown["photoshop.City"] != "Rome" || shown["tiff.Model"] != "PENTAX K-3 II" || shown["dc.subject"] != "" {
			t.Errorf("with a packet of its own: city %q, camera %q, subjects %q", shown["photoshop.City"], shown["tiff.Model"], shown["dc.subject"])
		}
		job := s.mustIPS(d, "submitJob", ch+"<jobName>again</jobName><reprocessAssetsJob><assetHandleArray><items>"+handle+"</items></assetHandleArray><createMask>false</createMask></reprocessAssetsJob>")
		s.awaitJob(d, ch, job.at("jobHandle").Text)
	}
}

// titled is a PDF file without pages that says its title and author.
func titled(title, author string) string {
	file := "%PDF-1.4\n"
	table := "xref\n0 4\n0000000000 65535 f \n"
	for i, object := range []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>", "<</Title(" + title + ")/Author(" + author + ")>>"} {
		table += fmt.Sprintf("%010d 00000 n \n", len(file))
		file += fmt.Sprintf("%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	return file + table + fmt.Sprintf("trailer\n<</Size 4/Root 1 0 R/Info 3 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(file))
}

// TestMetadataOfDocuments needs exiftool, whose absence is no row for those who asked for nothing.
func TestMetadataOfDocuments(t *testing.T) {
	document := titled("The plan", "Ann")
	options := func(name, more string) part {
		return params(jobName(name), endJob, "<uploadParams><overwrite>true</overwrite><readyForPublish>true</readyForPublish><createMask>false</createMask>"+
			"<pdfOptions><process>None</process></pdfOptions><emailSetting>None</emailSetting>"+more+"</uploadParams>")
	}
	if _, err := exec.LookPath("exiftool"); err == nil {
		s := start(t, mediaHere(t))
		s.finished(s.upload(auth(), options("documents", ""), file("plan.pdf", document)))
		if got := s.metadataOf("plan.pdf"); got["dc.title"] != "The plan" || got["dc.creator"] != "Ann" {
			t.Errorf("the document says %v", got)
		}
	}
	s := start(t, mediaHere(t), "PATH="+t.TempDir())
	quiet := s.finished(s.upload(auth(), options("quiet", ""), file("quiet.pdf", document)))
	if types := types(quiet); strings.Contains(types, "Warning") {
		t.Errorf("nobody asked, the log has %v", quiet)
	}
	if a := s.asset("quiet.pdf"); a.State != "ready" || len(a.Warnings) != 1 || !strings.Contains(a.Warnings[0], "apt-get install libimage-exiftool-perl") {
		t.Errorf("%+v", a)
	}
	asked := s.finished(s.upload(auth(), options("asked", "<xmpKeywords>x</xmpKeywords>"), file("asked.pdf", document)))
	if r := the(s, asked, "UploadWarning"); !strings.Contains(r.Message, "exiftool is not installed") {
		t.Errorf("row %+v", r)
	}
}
