package main

import (
	"context"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// pod reads a single pod that no kustomization has.
func pod(_ context.Context, path string) []string {
	text, err := os.ReadFile(path)
	if err != nil {
		return []string{err.Error()}
	}
	objects, p := decode(text)
	if len(objects["Pod"]) != 1 || len(objects) != 1 {
		return append(p, "it is not one pod")
	}
	lookAtPod(&p, &objects["Pod"][0].(*corev1.Pod).Spec)
	return p
}

// lookAtPod wants what the "restricted" profile of Kubernetes wants, and a
// read-only root, the memory that the bot is tried with and a user known to the image.
func lookAtPod(p *problems, pod *corev1.PodSpec) {
	if len(pod.Containers) != 1 || len(pod.InitContainers) != 0 {
		p.add("it has %d containers, want one", len(pod.Containers)+len(pod.InitContainers))
		return
	}
	c := pod.Containers[0]
	p.want(pod.AutomountServiceAccountToken != nil && !*pod.AutomountServiceAccountToken, "the pod gets a token of the cluster")
	p.want(!pod.HostNetwork && !pod.HostPID && !pod.HostIPC, "it shares a namespace with the node")
	if s := pod.SecurityContext; s == nil || s.RunAsNonRoot == nil || s.RunAsUser == nil || s.FSGroup == nil || s.SeccompProfile == nil {
		p.add("the pod's security context lacks one of runAsNonRoot, runAsUser, fsGroup, seccompProfile")
	} else {
		p.want(*s.RunAsNonRoot && *s.RunAsUser == 65532 && *s.FSGroup == 65532, "it runs as user %d, group %d of files", *s.RunAsUser, *s.FSGroup)
		p.want(s.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault, "the seccomp profile is %q", s.SeccompProfile.Type)
	}
	if s := c.SecurityContext; s == nil || s.ReadOnlyRootFilesystem == nil || s.AllowPrivilegeEscalation == nil || s.Capabilities == nil {
		p.add("the container's security context lacks one of readOnlyRootFilesystem, allowPrivilegeEscalation, capabilities")
	} else {
		p.want(*s.ReadOnlyRootFilesystem && !*s.AllowPrivilegeEscalation, "its root can be written to, or it may gain privileges")
		p.want(len(s.Capabilities.Drop) == 1 && s.Capabilities.Drop[0] == "ALL" && len(s.Capabilities.Add) == 0, "capabilities are left")
	}
	limit := c.Resources.Limits.Memory().Value()
	p.want(limit > 0 && limit <= memory, "the memory limit is %d", limit)
	for _, v := range pod.Volumes {
		p.want(v.HostPath == nil, "volume %s is a folder of the node", v.Name)
	}
	p.want(pod.TerminationGracePeriodSeconds == nil || time.Duration(*pod.TerminationGracePeriodSeconds)*time.Second >= grace,
		"terminationGracePeriodSeconds is below %v", grace)
}

func lookAtProbes(p *problems, c corev1.Container) {
	for name, probe := range map[string]*corev1.Probe{"startup /healthz": c.StartupProbe, "liveness /healthz": c.LivenessProbe, "readiness /readyz": c.ReadinessProbe} {
		if probe == nil || probe.HTTPGet == nil {
			p.add("there is no probe: %s", name)
			continue
		}
		path, port := probe.HTTPGet.Path, probe.HTTPGet.Port.StrVal
		p.want(name[len(name)-len(path):] == path, "the probe is of %s, want %s", path, name)
		p.want(port == c.Ports[0].Name, "the probe %s asks port %q", name, port)
	}
}

// lookAtPolicy: out to 443 and the name server, in to named ports from somewhere named.
func lookAtPolicy(p *problems, n *networkingv1.NetworkPolicy, labels map[string]string) {
	p.want(matches(n.Spec.PodSelector.MatchLabels, labels), "the network policy does not select the pod")
	p.want(len(n.Spec.PolicyTypes) == 2, "the network policy does not bound both ways")
	for _, rule := range n.Spec.Ingress {
		p.want(len(rule.From) > 0 && len(rule.Ports) > 0, "everybody is let in")
	}
	for _, rule := range n.Spec.Egress {
		p.want(len(rule.Ports) > 0, "every port is reached")
		for _, port := range rule.Ports {
			number := 0
			if port.Port != nil {
				number = port.Port.IntValue()
			}
			p.want(number == 443 || number == 53, "port %d is reached", number)
		}
	}
}
