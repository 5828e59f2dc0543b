package fakeqovery

import "time"

// Kinds of places outside the locations, where a key's id may also be.
const (
	Variable  Kind = "variable"
	Secret    Kind = "secret"
	Arguments Kind = "arguments" // of a Terraform or Helm service
)

// Service is a service of the organization, with one thing in it that holds a key.
type Service struct {
	ID, Name string
	Type     string // APPLICATION, TERRAFORM, HELM
	In       Kind   // what holds the key
	HolderID string // its id; of arguments, the service's
	Scope    string // of a variable, if it isn't the service's own: ENVIRONMENT, PROJECT
	Key      Key

	environment *environment // of a service that holds nothing; nil: the one that all others are in
}

// AddService adds a service.
func (s *Server) AddService(service Service) {
	s.settled(func(time.Time) {
		s.addHolder(&holder{kind: service.In, id: service.HolderID}, contents{name: service.Name, key: service.Key})
		s.services = append(s.services, service)
	})
}

type serviceJSON struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Description   string `json:"description"`
	Icon          string `json:"icon_uri"`
	Type          string `json:"service_type"`
	ProjectID     string `json:"project_id"`
	Project       string `json:"project_name"`
	EnvironmentID string `json:"environment_id"`
	Environment   string `json:"environment_name"`
	ClusterID     string `json:"cluster_id"`
}

// Ids of the environment that all services are in which hold something, and of its project.
const (
	environmentID = "e0000000-0000-4000-8000-000000000001"
	projectID     = "e0000000-0000-4000-8000-000000000002"
	icon          = "app://qovery-console/service"
)

func (s *Server) listServices(call) reply {
	var list []serviceJSON
	for _, service := range s.services {
		answer := serviceJSON{ID: service.ID, Name: service.Name, Icon: icon, Type: service.Type,
			ProjectID: projectID, Project: project, EnvironmentID: environmentID, Environment: "main",
			ClusterID: s.clusters[0].ID}
		if e := service.environment; e != nil {
			answer.EnvironmentID, answer.Environment, answer.ClusterID = e.id, environmentName, e.clusterID
		}
		list = append(list, answer)
	}
	return results(list)
}

type variableJSON struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	Key       string    `json:"key"`
	Value     *string   `json:"value"`
	Scope     string    `json:"scope"`
	Type      string    `json:"variable_type"`
	Secret    bool      `json:"is_secret"`
}

// listVariables answers those that a service gets, of its environment and its project
// among them. A secret's value is never answered.
func (s *Server) listVariables(c call) reply {
	service, known := s.service(c.query.Get("parent_id"))
	if !known || c.query.Get("scope") != service.Type {
		return missing("Service")
	}
	var list []variableJSON
	for _, other := range s.services {
		shared := other.Scope != ""
		if other.In == Arguments || other.HolderID == "" || other.ID != service.ID && !shared {
			continue
		}
		h := s.byHolder[other.HolderID]
		variable := variableJSON{ID: h.id, CreatedAt: h.created.UTC(), Key: "AWS_ACCESS_KEY_ID", Scope: service.Type,
			Type: "VALUE", Secret: other.In == Secret}
		if shared {
			variable.Scope = other.Scope
		}
		if !variable.Secret {
			variable.Value = new(s.stale(h, c).key.ID)
		}
		list = append(list, variable)
	}
	return results(list)
}

func (s *Server) service(id string) (Service, bool) {
	for _, service := range s.services {
		if service.ID == id {
			return service, true
		}
	}
	return Service{}, false
}

// configured is what Terraform and Helm services have in common.
func (s *Server) configured(c call, kind string) (answer map[string]any, arguments []string, known bool) {
	service, known := s.service(c.id)
	if !known || service.Type != kind {
		return nil, nil, false
	}
	arguments = []string{}
	if h := s.byHolder[service.HolderID]; h.kind == Arguments {
		arguments = append(arguments, "-var=access_key="+s.stale(h, c).key.ID)
	}
	return map[string]any{"id": service.ID, "created_at": createdAt, "name": service.Name, "icon_uri": icon,
		"service_type": kind, "environment": referenceJSON{environmentID}, "auto_deploy": false,
		"timeout_sec": 600}, arguments, true
}

func (s *Server) readTerraform(c call) reply {
	answer, arguments, known := s.configured(c, "TERRAFORM")
	if !known {
		return missing("Terraform")
	}
	answer["terraform_variables_source"] = map[string]any{"tf_var_file_paths": []string{}, "tf_vars": []any{
		map[string]any{"key": "TF_VAR_aws_access_key_id", "value": "", "secret": true}}}
	answer["engine"] = "TERRAFORM"
	answer["backend"] = map[string]any{"kubernetes": map[string]any{}}
	answer["provider_version"] = map[string]any{"explicit_version": "1.9.7"}
	answer["job_resources"] = map[string]any{"cpu_milli": 500, "ram_mib": 256, "gpu": 0, "storage_gib": 1}
	answer["use_cluster_credentials"] = true
	answer["action_extra_arguments"] = map[string]any{"apply": arguments}
	return ok(answer)
}

func (s *Server) readHelm(c call) reply {
	answer, arguments, known := s.configured(c, "HELM")
	if !known {
		return missing("Helm")
	}
	answer["auto_preview"], answer["allow_cluster_wide_resources"] = false, false
	answer["source"] = map[string]any{"repository": map[string]any{"chart_name": "shop", "chart_version": "1.0.0",
		"repository": map[string]any{"id": projectID, "name": "charts", "url": "https://charts.example.com"}}}
	answer["arguments"] = arguments
	answer["values_override"] = map[string]any{"set": [][]string{}, "set_string": [][]string{}, "set_json": [][]string{}}
	return ok(answer)
}
