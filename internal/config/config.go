// Package config is every setting of the server: its name, default, unit and
// meaning stand in one struct, from whose tags the flags, the environment
// variables, the keys of the YAML file and `sluice config print` all follow.
//
// A setting named scene7-job-idle is the flag --scene7-job-idle, the variable
// SLUICE_SCENE7_JOB_IDLE and, in YAML, the key job-idle under scene7. A flag
// wins over a variable, a variable over the file, the file over the default.
package config

// Storage says where everything is kept. The commands that work on people need
// no more than this.
type Storage struct {
	DataDir     string `name:"data-dir" env:"SLUICE_DATA_DIR" default:"./sluice-data" placeholder:"DIR" group:"Storage" help:"Directory of database and files; one server at a time."`
	DatabaseURL string `name:"database-url" env:"SLUICE_DATABASE_URL" placeholder:"URL" group:"Storage" help:"Database; empty is SQLite in the data directory."`
	BlobURL     string `name:"blob-url" env:"SLUICE_BLOB_URL" placeholder:"URL" group:"Storage" help:"Where files are kept; empty is the data directory."`
}

// Config is every setting.
type Config struct {
	Storage `embed:""`

	Listen         string   `name:"listen" env:"SLUICE_LISTEN" default:":8080" placeholder:"ADDRESS" group:"Server" help:"Address to listen on."`
	TLSCert        string   `name:"tls-cert" env:"SLUICE_TLS_CERT" placeholder:"FILE" group:"Server" help:"Certificate chain (PEM); with --tls-key the server speaks TLS."`
	TLSKey         string   `name:"tls-key" env:"SLUICE_TLS_KEY" placeholder:"FILE" group:"Server" help:"Private key (PEM)."`
	TLSSelfSigned  bool     `name:"tls-self-signed" env:"SLUICE_TLS_SELF_SIGNED" default:"false" negatable:"" group:"Server" help:"Speak TLS with a certificate of the server's own making, kept in the data directory; for tests."`
	PublicURL      string   `name:"public-url" env:"SLUICE_PUBLIC_URL" placeholder:"URL" group:"Server" help:"Address that clients see; empty is taken from each request."`
	TrustedProxies []string `name:"trusted-proxies" env:"SLUICE_TRUSTED_PROXIES" placeholder:"CIDR" group:"Server" help:"Proxies whose X-Forwarded headers are believed (addresses or networks)."`
	CORSOrigins    []string `name:"cors-origins" env:"SLUICE_CORS_ORIGINS" placeholder:"ORIGIN" group:"Server" help:"Web origins that may call the server from a browser, or *."`
	TokenLifetime  Duration `name:"token-lifetime" env:"SLUICE_TOKEN_LIFETIME" default:"12h" placeholder:"TIME" group:"Server" help:"Time for which a token that a client gets for its login is good."`
	ShutdownGrace  Duration `name:"shutdown-grace" env:"SLUICE_SHUTDOWN_GRACE" default:"30s" placeholder:"TIME" group:"Server" help:"Time for requests to end after SIGTERM."`
	LogLevel       string   `name:"log-level" env:"SLUICE_LOG_LEVEL" default:"info" oneof:"debug,info,warn,error" placeholder:"LEVEL" group:"Server" help:"debug, info, warn or error."`
	LogFormat      string   `name:"log-format" env:"SLUICE_LOG_FORMAT" default:"text" oneof:"text,json" placeholder:"FORMAT" group:"Server" help:"text or json."`

	AdminEmail    string `name:"admin-email" env:"SLUICE_ADMIN_EMAIL" default:"admin@localhost" placeholder:"LOGIN" group:"First start" help:"Login of the first administrator."`
	AdminPassword string `name:"admin-password" env:"SLUICE_ADMIN_PASSWORD" secret:"" placeholder:"PASSWORD" group:"First start" help:"Password of the first administrator; empty makes one and prints it once."`
	Company       string `name:"company" env:"SLUICE_COMPANY" default:"Demo" placeholder:"NAME" group:"First start" help:"Name of the first company."`

	Digest string `name:"digest" env:"SLUICE_DIGEST" default:"inline" oneof:"inline,deferred" placeholder:"WHEN" group:"Uploads" help:"SHA-256 of whole files: inline (while they arrive) or deferred (right after the answer)."`

	Fetch             bool     `name:"fetch" env:"SLUICE_FETCH" default:"false" negatable:"" group:"Jobs" help:"Let clients have files fetched from other servers."`
	FetchMaxSize      Size     `name:"fetch-max-size" env:"SLUICE_FETCH_MAX_SIZE" default:"2GiB" placeholder:"SIZE" group:"Jobs" help:"Largest file that is fetched."`
	FetchTimeout      Duration `name:"fetch-timeout" env:"SLUICE_FETCH_TIMEOUT" default:"10m" placeholder:"TIME" group:"Jobs" help:"Longest time that fetching one file may take."`
	FetchAllowPrivate bool     `name:"fetch-allow-private" env:"SLUICE_FETCH_ALLOW_PRIVATE" default:"false" negatable:"" group:"Jobs" help:"Fetch from addresses of private networks and of this machine too."`
	UploadRoots       []string `name:"upload-roots" env:"SLUICE_UPLOAD_ROOTS" placeholder:"NAME=DIR" group:"Jobs" help:"Directories of this machine that clients may have files taken from, as NAME=DIR or DIR."`
	Callbacks         bool     `name:"callbacks" env:"SLUICE_CALLBACKS" default:"false" negatable:"" group:"Jobs" help:"Make a request to the address that a job names when it is done."`

	Scene7MaxPostSize       Size     `name:"scene7-max-post-size" env:"SLUICE_SCENE7_MAX_POST_SIZE" default:"2GiB" placeholder:"SIZE" group:"Scene7 door" help:"Largest request to UploadFile."`
	Scene7MaxAnonymousSpool Size     `name:"scene7-max-anonymous-spool" env:"SLUICE_SCENE7_MAX_ANONYMOUS_SPOOL" default:"8GiB" placeholder:"SIZE" group:"Scene7 door" help:"Files that all requests may hold together before their login is known."`
	Scene7JobIdle           Duration `name:"scene7-job-idle" env:"SLUICE_SCENE7_JOB_IDLE" default:"30m" placeholder:"TIME" group:"Scene7 door" help:"An open job without a new file is closed after this."`
	Scene7SameAddress       bool     `name:"scene7-same-address" env:"SLUICE_SCENE7_SAME_ADDRESS" default:"true" negatable:"" group:"Scene7 door" help:"Take further files of a job only from the address that opened it."`
	Scene7Strict            bool     `name:"scene7-strict" env:"SLUICE_SCENE7_STRICT" default:"false" negatable:"" group:"Scene7 door" help:"Refuse uploads that lack an option which the reference calls required."`

	BrightSignUploadIdle         Duration `name:"brightsign-upload-idle" env:"SLUICE_BRIGHTSIGN_UPLOAD_IDLE" default:"24h" placeholder:"TIME" group:"BrightSign door" help:"Uploads and sessions that have received nothing for so long are terminated."`
	BrightSignRetention          Duration `name:"brightsign-retention" env:"SLUICE_BRIGHTSIGN_RETENTION" default:"24h" placeholder:"TIME" group:"BrightSign door" help:"Time for which the status of an upload that has ended is answered."`
	BrightSignOrphanAfter        Duration `name:"brightsign-orphan-after" env:"SLUICE_BRIGHTSIGN_ORPHAN_AFTER" default:"24h" placeholder:"TIME" group:"BrightSign door" help:"Assets that no web page refers to are deleted after this."`
	BrightSignMaxMessage         Size     `name:"brightsign-max-message" env:"SLUICE_BRIGHTSIGN_MAX_MESSAGE" default:"16MiB" placeholder:"SIZE" group:"BrightSign door" help:"Largest SOAP message, and largest chunk of the REST interface."`
	BrightSignDuplicateName      string   `name:"brightsign-duplicate-name" env:"SLUICE_BRIGHTSIGN_DUPLICATE_NAME" default:"allow" oneof:"allow,rename,reject" placeholder:"WHAT" group:"BrightSign door" help:"What becomes of a file whose name is taken in its folder: allow, rename or reject."`
	BrightSignDefaultContentType string   `name:"brightsign-default-content-type" env:"SLUICE_BRIGHTSIGN_DEFAULT_CONTENT_TYPE" default:"Image" oneof:"Image,Auto" placeholder:"TYPE" group:"BrightSign door" help:"Type of files of which the client gives none: Image or Auto."`
	BrightSignNegotiatePlain     bool     `name:"brightsign-negotiate-plain-uploads" env:"SLUICE_BRIGHTSIGN_NEGOTIATE_PLAIN_UPLOADS" default:"false" negatable:"" group:"BrightSign door" help:"Tell SOAP clients of plain uploads too that their file is stored already."`
	BrightSignStrictChunkCount   bool     `name:"brightsign-strict-chunk-count" env:"SLUICE_BRIGHTSIGN_STRICT_CHUNK_COUNT" default:"false" negatable:"" group:"BrightSign door" help:"Refuse files whose number of chunks is not the one that was said."`
	BrightSignEnforceTimestamp   bool     `name:"brightsign-enforce-timestamp" env:"SLUICE_BRIGHTSIGN_ENFORCE_TIMESTAMP" default:"false" negatable:"" group:"BrightSign door" help:"Refuse messages whose WS-Security time stamp has expired."`
	BrightSignRESTStrict         bool     `name:"brightsign-rest-strict-negotiation" env:"SLUICE_BRIGHTSIGN_REST_STRICT_NEGOTIATION" default:"false" negatable:"" group:"BrightSign door" help:"Answer 406 when a file is stored already and the REST client takes no negotiation status."`
	BrightSignServiceNamespace   string   `name:"brightsign-service-namespace" env:"SLUICE_BRIGHTSIGN_SERVICE_NAMESPACE" placeholder:"URI" group:"BrightSign door" help:"Namespace of the SOAP service in its WSDL; empty is that of the production service."`
	BrightSignDataNamespace      string   `name:"brightsign-data-namespace" env:"SLUICE_BRIGHTSIGN_DATA_NAMESPACE" placeholder:"URI" group:"BrightSign door" help:"Namespace of the data types in the WSDL; empty is that of the production service."`

	NomadURLLifetime     AutoDuration `name:"nomad-url-lifetime" env:"SLUICE_NOMAD_URL_LIFETIME" default:"auto" placeholder:"TIME" group:"Nomad door" help:"Time for which addresses of parts and download links are good, at most 7d; auto: parts by the size of the file, 1h to 7d, links 24h."`
	NomadResumeParts     string       `name:"nomad-resume-parts" env:"SLUICE_NOMAD_RESUME_PARTS" default:"missing" oneof:"missing,all" placeholder:"WHICH" group:"Nomad door" help:"Parts that are answered when an upload goes on: missing or all."`
	NomadEnumStyle       string       `name:"nomad-enum-style" env:"SLUICE_NOMAD_ENUM_STYLE" default:"number" oneof:"number,string" placeholder:"STYLE" group:"Nomad door" help:"How values of enumerations are answered: number or string."`
	NomadTextRepair      bool         `name:"nomad-latin1-text-repair" env:"SLUICE_NOMAD_LATIN1_TEXT_REPAIR" default:"true" negatable:"" group:"Nomad door" help:"Take parts whose bytes a client sent as a text, each as a code point."`
	NomadLockTime        Duration     `name:"nomad-lock-time" env:"SLUICE_NOMAD_LOCK_TIME" default:"1h" placeholder:"TIME" group:"Nomad door" help:"An upload that has received nothing for so long gives way to another user's of the same file."`
	NomadUploadIdle      Duration     `name:"nomad-upload-idle" env:"SLUICE_NOMAD_UPLOAD_IDLE" default:"7d" placeholder:"TIME" group:"Nomad door" help:"Uploads that have received nothing for so long are cancelled."`
	NomadMaxFileSize     Size         `name:"nomad-max-file-size" env:"SLUICE_NOMAD_MAX_FILE_SIZE" default:"5TiB" placeholder:"SIZE" group:"Nomad door" help:"Largest file."`
	NomadIncomingFolder  string       `name:"nomad-incoming-folder" env:"SLUICE_NOMAD_INCOMING_FOLDER" default:"Incoming" placeholder:"PATH" group:"Nomad door" help:"Folder of files for which the client names none."`
	NomadRefreshLifetime Duration     `name:"nomad-refresh-lifetime" env:"SLUICE_NOMAD_REFRESH_LIFETIME" default:"30d" placeholder:"TIME" group:"Nomad door" help:"Time for which a client can get new tokens without logging in again."`
	NomadAnonymous       bool         `name:"nomad-anonymous" env:"SLUICE_NOMAD_ANONYMOUS" default:"false" negatable:"" group:"Nomad door" help:"Take files of people without a login, who prove an e-mail address."`
	NomadAnonymousUser   string       `name:"nomad-anonymous-user" env:"SLUICE_NOMAD_ANONYMOUS_USER" placeholder:"LOGIN" group:"Nomad door" help:"User under whose name files of people without a login arrive."`

	MailURL  string `name:"mail-url" env:"SLUICE_MAIL_URL" secret:"" placeholder:"URL" group:"Mail" help:"Mail server, as smtp://USER:PASSWORD@HOST:PORT or smtps://…; empty writes letters to standard error, codes included."`
	MailFrom string `name:"mail-from" env:"SLUICE_MAIL_FROM" placeholder:"ADDRESS" group:"Mail" help:"Sender of letters."`

	SoftphoneCompany       string   `name:"softphone-company" env:"SLUICE_SOFTPHONE_COMPANY" placeholder:"NAME" group:"Softphone door" help:"Name or slug of the company that addresses without a company mean; empty is the only one there is."`
	SoftphoneMediaLifetime Duration `name:"softphone-media-lifetime" env:"SLUICE_SOFTPHONE_MEDIA_LIFETIME" default:"30d" placeholder:"TIME" group:"Softphone door" help:"Time for which media can be fetched where the company says nothing; then they are deleted."`
	SoftphonePushTimeout   Duration `name:"softphone-push-timeout" env:"SLUICE_SOFTPHONE_PUSH_TIMEOUT" default:"10s" placeholder:"TIME" group:"Softphone door" help:"Longest time that a company's own server may take to be told of a message."`

	MediaMaxPixels      Count    `name:"media-max-pixels" env:"SLUICE_MEDIA_MAX_PIXELS" default:"100M" placeholder:"COUNT" group:"Media" help:"Largest image that is decoded, in pixels."`
	MediaWorkers        int      `name:"media-workers" env:"SLUICE_MEDIA_WORKERS" default:"1" placeholder:"N" group:"Media" help:"Media processes at once; at most one per processor."`
	MediaTimeout        Duration `name:"media-timeout" env:"SLUICE_MEDIA_TIMEOUT" default:"60s" placeholder:"TIME" group:"Media" help:"Longest run of one media step."`
	MediaMaxInput       Size     `name:"media-max-input" env:"SLUICE_MEDIA_MAX_INPUT" default:"256MiB" placeholder:"SIZE" group:"Media" help:"Largest file that is inspected; larger ones are kept as they are."`
	MediaMemory         Size     `name:"media-memory" env:"SLUICE_MEDIA_MEMORY" default:"1GiB" placeholder:"SIZE" group:"Media" help:"Memory that one media process may take."`
	MediaOptimize       bool     `name:"media-optimize" env:"SLUICE_MEDIA_OPTIMIZE" default:"true" negatable:"" group:"Media" help:"Make an optimised image of every image that comes through the Scene7 door, not only where an upload asks for crops, masks or the like."`
	MediaEncodeTimeout  Duration `name:"media-encode-timeout" env:"SLUICE_MEDIA_ENCODE_TIMEOUT" default:"1h" placeholder:"TIME" group:"Media" help:"Longest time that one encoding of a video may take."`
	MediaEncodeCPU      Duration `name:"media-encode-cpu" env:"SLUICE_MEDIA_ENCODE_CPU" default:"2h" placeholder:"TIME" group:"Media" help:"Processor time that one encoding of a video may take."`
	MediaEncodeDuration Duration `name:"media-encode-duration" env:"SLUICE_MEDIA_ENCODE_DURATION" default:"2h" placeholder:"TIME" group:"Media" help:"Longest video that is encoded."`
	MediaEncodeSize     Size     `name:"media-encode-size" env:"SLUICE_MEDIA_ENCODE_SIZE" default:"4GiB" placeholder:"SIZE" group:"Media" help:"Largest file that one encoding may become."`
	MediaUnpackMembers  Count    `name:"media-unpack-members" env:"SLUICE_MEDIA_UNPACK_MEMBERS" default:"10000" placeholder:"COUNT" group:"Media" help:"Most members of an archive that is unpacked."`
	MediaUnpackSize     Size     `name:"media-unpack-size" env:"SLUICE_MEDIA_UNPACK_SIZE" default:"16GiB" placeholder:"SIZE" group:"Media" help:"Most bytes that all members of an archive may have together."`
	MediaUnpackRatio    Count    `name:"media-unpack-ratio" env:"SLUICE_MEDIA_UNPACK_RATIO" default:"200" placeholder:"COUNT" group:"Media" help:"Most bytes that may come of each byte of an archive; up to 64 MiB it does not count."`
	MediaRequireBox     bool     `name:"media-require-box" env:"SLUICE_MEDIA_REQUIRE_BOX" default:"true" negatable:"" group:"Media" help:"Process no media where the kernel cannot confine the media process."`
}

// sections are the names under which a YAML file may gather settings.
func sections() []string {
	return []string{"scene7", "brightsign", "nomad", "softphone", "mail", "media"}
}
