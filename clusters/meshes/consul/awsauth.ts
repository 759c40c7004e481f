/**
 * Stands in for a module of Consul's that not every module mirror has: logins with AWS identities. All that Consul
 * compiles against is there, and every such login is refused.
 */
export const awsauth = {
  'go.mod': `module github.com/hashicorp/consul-awsauth

go 1.22

require github.com/hashicorp/go-hclog v1.5.0
`,
  'awsauth.go': `package iamauth

import (
	"context"
	"errors"

	"github.com/hashicorp/go-hclog"
)

var errNotBuiltIn = errors.New("logins with AWS identities are not built in")

type Config struct {
	BoundIAMPrincipalARNs      []string
	EnableIAMEntityDetails     bool
	IAMEntityTags              []string
	ServerIDHeaderValue        string
	MaxRetries                 int
	IAMEndpoint                string
	STSEndpoint                string
	AllowedSTSHeaderValues     []string
	ServerIDHeaderName         string
	GetEntityMethodHeader      string
	GetEntityURLHeader         string
	GetEntityHeadersHeader     string
	GetEntityBodyHeader        string
}

type IdentityDetails struct {
	EntityName string
	EntityId   string
	AccountId  string
	EntityPath string
	EntityTags map[string]string
}

type Authenticator struct{}

func NewAuthenticator(*Config, hclog.Logger) (*Authenticator, error) {
	return nil, errNotBuiltIn
}

func (*Authenticator) ValidateLogin(context.Context, string) (*IdentityDetails, error) {
	return nil, errNotBuiltIn
}

type LoginInput struct {
	Creds                  any
	IncludeIAMEntity       bool
	STSEndpoint            string
	STSRegion              string
	Logger                 hclog.Logger
	ServerIDHeaderValue    string
	ServerIDHeaderName     string
	GetEntityMethodHeader  string
	GetEntityURLHeader     string
	GetEntityHeadersHeader string
	GetEntityBodyHeader    string
}

func GenerateLoginData(*LoginInput) (map[string]any, error) {
	return nil, errNotBuiltIn
}
`,
}
