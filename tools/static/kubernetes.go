package main

import (
	"bytes"
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// kinds are the objects that may be in the manifests, and how each is made.
var kinds = map[string]func() any{
	"Namespace":             func() any { return new(corev1.Namespace) },
	"ConfigMap":             func() any { return new(corev1.ConfigMap) },
	"Secret":                func() any { return new(corev1.Secret) },
	"Service":               func() any { return new(corev1.Service) },
	"PersistentVolumeClaim": func() any { return new(corev1.PersistentVolumeClaim) },
	"Pod":                   func() any { return new(corev1.Pod) },
	"Deployment":            func() any { return new(appsv1.Deployment) },
	"NetworkPolicy":         func() any { return new(networkingv1.NetworkPolicy) },
}

// madeUp stands in for the files that an operator writes and nobody commits.
var madeUp = map[string]string{
	"bot/secrets/telegram_bot_token": "1000001:test-token-test-token-test-token-00",
	"bot/secrets/store_key":          "bWFkZS11cC1rZXktZm9yLXRoZS1jaGVjay1hbG9uZSE=",
	"rotate/secrets/store_key_old":   "b2xkLWtleS1mb3ItdGhlLWNoZWNrLWFsb25lLW5vdCE=",
}

// kubernetes renders a folder as `kubectl kustomize` does and looks at what comes out.
func kubernetes(_ context.Context, path string) []string {
	disk, err := inMemory(filepath.Dir(path))
	if err != nil {
		return []string{err.Error()}
	}
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(disk, "/"+filepath.Base(path))
	if err != nil {
		return []string{err.Error()}
	}
	text, err := rendered.AsYaml()
	if err != nil {
		return []string{err.Error()}
	}
	objects, p := decode(text)
	lookAtAll(&p, objects)
	return p
}

// inMemory copies a folder, with the made-up secrets in the place of real ones.
func inMemory(folder string) (filesys.FileSystem, error) {
	disk := filesys.MakeFsInMemory()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == "secrets" {
			return errOr(err, fs.SkipDir)
		}
		if d.IsDir() {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return disk.WriteFile("/"+strings.TrimPrefix(filepath.ToSlash(path), filepath.ToSlash(folder)+"/"), text)
	})
	for name, text := range madeUp {
		err = errOr(err, disk.WriteFile("/"+name, []byte(text)))
	}
	return disk, err
}

func errOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// decode reads documents strictly: a field that Kubernetes does not know is a problem.
func decode(text []byte) (map[string][]any, problems) {
	var p problems
	objects := map[string][]any{}
	for doc := range bytes.SplitSeq(text, []byte("\n---\n")) {
		var head struct{ Kind string }
		if err := yaml.Unmarshal(doc, &head); err != nil {
			p.add("%v", err)
			continue
		}
		make, known := kinds[head.Kind]
		if !known {
			p.add("an object of kind %q is not expected", head.Kind)
			continue
		}
		o := make()
		if err := yaml.UnmarshalStrict(doc, o); err != nil {
			p.add("%s: %v", head.Kind, err)
		}
		objects[head.Kind] = append(objects[head.Kind], o)
	}
	return objects, p
}

// lookAtAll looks at each object, and at what one says of another.
func lookAtAll(p *problems, objects map[string][]any) {
	for _, kind := range []string{"Namespace", "Deployment", "ConfigMap", "Secret", "Service", "PersistentVolumeClaim", "NetworkPolicy"} {
		if len(objects[kind]) != 1 {
			p.add("there are %d objects of kind %s, want one", len(objects[kind]), kind)
			return
		}
	}
	d := objects["Deployment"][0].(*appsv1.Deployment)
	namespace := objects["Namespace"][0].(*corev1.Namespace).Name
	p.want(d.Namespace == namespace, "the deployment is in namespace %q, not %q", d.Namespace, namespace)
	p.want(d.Spec.Replicas != nil && *d.Spec.Replicas == 1, "there is not exactly one replica")
	p.want(d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType, "the strategy is %q: two would run at a time", d.Spec.Strategy.Type)
	lookAtPod(p, &d.Spec.Template.Spec)
	lookAtProbes(p, d.Spec.Template.Spec.Containers[0])
	labels := d.Spec.Template.Labels
	p.want(matches(d.Spec.Selector.MatchLabels, labels), "the deployment does not select its own pod")
	service := objects["Service"][0].(*corev1.Service)
	p.want(matches(service.Spec.Selector, labels), "the service does not select the pod")
	lookAtPolicy(p, objects["NetworkPolicy"][0].(*networkingv1.NetworkPolicy), labels)
	names := map[string]bool{
		"ConfigMap " + objects["ConfigMap"][0].(*corev1.ConfigMap).Name:                                     true,
		"Secret " + objects["Secret"][0].(*corev1.Secret).Name:                                              true,
		"PersistentVolumeClaim " + objects["PersistentVolumeClaim"][0].(*corev1.PersistentVolumeClaim).Name: true,
	}
	for _, name := range referred(d.Spec.Template.Spec) {
		p.want(names[name], "the pod wants %s, which is not there; there are %v", name, slices.Sorted(maps.Keys(names)))
	}
	lookAtSecretFiles(p, d.Spec.Template.Spec.Containers[0], objects["Secret"][0].(*corev1.Secret))
}

// matches reports whether a selector, which must not be empty, selects labels.
func matches(selector, labels map[string]string) bool {
	for k, v := range selector {
		if labels[k] != v {
			return false
		}
	}
	return len(selector) > 0
}

// referred lists the objects that a pod needs, each as "Kind name".
func referred(pod corev1.PodSpec) []string {
	var names []string
	for _, v := range pod.Volumes {
		if v.PersistentVolumeClaim != nil {
			names = append(names, "PersistentVolumeClaim "+v.PersistentVolumeClaim.ClaimName)
		}
		if v.Secret != nil {
			names = append(names, "Secret "+v.Secret.SecretName)
		}
	}
	for _, e := range pod.Containers[0].EnvFrom {
		if e.ConfigMapRef != nil {
			names = append(names, "ConfigMap "+e.ConfigMapRef.Name)
		}
	}
	return names
}

// lookAtSecretFiles: each NAME_FILE names a file that the secret has.
func lookAtSecretFiles(p *problems, c corev1.Container, s *corev1.Secret) {
	for _, e := range c.Env {
		p.want(!isSecret(e.Name), "%s is a secret in the environment", e.Name)
		if strings.HasSuffix(e.Name, "_FILE") {
			_, there := s.Data[filepath.Base(e.Value)]
			p.want(there, "%s is %s, which the secret does not have", e.Name, e.Value)
		}
	}
}
