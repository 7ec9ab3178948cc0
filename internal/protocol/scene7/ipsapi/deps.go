package ipsapi

import (
	"context"
	"log/slog"
	"net/http"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// Logins checks logins and makes password hashes. Failures of Login are those of
// auth: Unauthenticated with CodeNoCredentials, CodeBadCredentials or
// CodeInvalidUser, and Throttled.
type Logins interface {
	Login(ctx context.Context, c ingest.Credentials) (ingest.Principal, error)
	// HashPassword returns the PHC string under which a password is kept.
	HashPassword(ctx context.Context, password string) (string, error)
}

// Deps are the parts that the service is made of; all are required.
type Deps struct {
	Engine  *engine.Engine
	Logins  Logins
	Address func(*http.Request) string // IP address of the client
	ID      func(*http.Request) string // request id, shown when something internal failed
	Log     *slog.Logger
	Version string // of this server, told as the system property IpsVersion
	// MaxPostSize is the most bytes of one POST to UploadFile, told as the system
	// property UploadPostMaxFileSize.
	MaxPostSize int64
}

// Service serves the operations. It is safe for concurrent use; but for the count of
// the memory that requests take it does not change after New.
type Service struct {
	Deps
	schema     *scene7.Schema
	operations map[string]*Operation
	handlers   handlers
	infos      map[ingest.AssetType][2]string // info elements of asset types
	room       room
}
