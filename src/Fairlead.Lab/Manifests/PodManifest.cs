using System.Text.Json.Nodes;
using Fairlead.Yaml;

namespace Fairlead.Lab.Manifests;

/// <summary>One pod of a manifest file.</summary>
sealed record PodManifest
{
    internal required string Name { get; init; }

    internal required string Namespace { get; init; }

    internal required RestartPolicy Restart { get; init; }

    internal required IReadOnlyList<ContainerManifest> Containers { get; init; }

    /// <summary>The object as it was written, with its kind.</summary>
    internal required JsonObject Document { get; init; }

    internal static PodManifest Read(YamlObject pod, string name, string inNamespace)
    {
        YamlObject spec = pod.GetObject("spec") ?? throw pod.Wrong("spec", "is missing");
        if (spec.GetObjects("initContainers").Count > 0) throw spec.Wrong("initContainers", "are not supported");

        List<ContainerManifest> containers = [];
        foreach (YamlObject container in spec.GetObjects("containers"))
        {
            ContainerManifest read = ReadContainer(container);
            if (containers.Any(c => c.Name == read.Name)) throw container.Wrong("name", $"\"{read.Name}\" is there twice");
            containers.Add(read);
        }

        if (containers.Count == 0) throw spec.Wrong("containers", "a pod has one at least");
        RestartPolicy restart = spec.GetText("restartPolicy") switch
        {
            null or "Always" => RestartPolicy.Always,
            "OnFailure" => RestartPolicy.OnFailure,
            "Never" => RestartPolicy.Never,
            string other => throw spec.Wrong("restartPolicy", $"\"{other}\" is not Always, OnFailure or Never"),
        };
        return new PodManifest { Name = name, Namespace = inNamespace, Restart = restart, Containers = containers, Document = pod.Node };
    }

    static ContainerManifest ReadContainer(YamlObject container)
    {
        string name = container.GetText("name") ?? throw container.Wrong("name", "is missing");
        if (!KubernetesNames.IsLabel(name)) throw container.Wrong("name", $"\"{name}\" is not a DNS label (a-z, 0-9 and -, at most 63)");

        IReadOnlyList<string> command = container.GetTexts("command");
        if (command.Count == 0 || command[0].Length == 0)
            throw container.Wrong("command",
                $"container \"{name}\" needs a command: it is a local process, and no image is there to take one from");
        if (container.GetObjects("envFrom").Count > 0)
            throw container.Wrong("envFrom", "is not supported: there is nothing to take it from");

        List<KeyValuePair<string, string>> variables = [];
        foreach (YamlObject variable in container.GetObjects("env"))
        {
            string key = variable.GetText("name") ?? throw variable.Wrong("name", "is missing");
            if (key.Length == 0 || key.AsSpan().ContainsAny('=', '\0')) throw variable.Wrong("name", $"\"{key}\" is not a variable's name");
            if (variable.GetObject("valueFrom") is not null) throw variable.Wrong("valueFrom", "is not supported: give a value");
            string value = variable.GetText("value") ?? "";
            if (value.Contains('\0', StringComparison.Ordinal)) throw variable.Wrong("value", "holds a zero byte");
            variables.Add(new(key, VariableReferences.Expand(value, variables)));
        }

        string? directory = container.GetText("workingDir");
        if (directory is { Length: > 0 } && !Path.IsPathRooted(directory))
            throw container.Wrong("workingDir", $"\"{directory}\" is not an absolute path");
        return new ContainerManifest
        {
            Name = name,
            Image = container.GetText("image") ?? "",
            Command = [.. command.Concat(container.GetTexts("args")).Select(word => VariableReferences.Expand(word, variables))],
            Variables = variables,
            WorkingDirectory = directory is { Length: > 0 } ? directory : null,
            Ports = ReadPorts(container),
            Stdin = container.GetBoolean("stdin"),
            StdinOnce = container.GetBoolean("stdinOnce"),
            Tty = container.GetBoolean("tty"),
        };
    }

    static List<int> ReadPorts(YamlObject container)
    {
        List<int> ports = [];
        foreach (YamlObject port in container.GetObjects("ports"))
        {
            int number = port.GetInteger("containerPort") ?? throw port.Wrong("containerPort", "is missing");
            if (number is < 1 or > ushort.MaxValue) throw port.Wrong("containerPort", "must be from 1 to 65535");
            if (port.GetText("protocol") is null or "TCP") ports.Add(number);
        }

        return ports;
    }
}
