using Fairlead.Streaming.Relays;
using Fairlead.Wire;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Fuzz.Targets;

/// <summary>
/// Messages of port-forward v2 in both directions, as a gateway follows them. The first byte says how they are cut; then come messages: whose
/// (its lowest bit), how long, and what. What a gateway makes of them must not depend on the cut.
/// </summary>
static class ForwardSpliceTarget
{
    internal static void Run(byte[] input)
    {
        if (input.Length < 2) return;
        using Seen whole = new(), cut = new();
        whole.Follow(input.AsSpan(1), int.MaxValue);
        cut.Follow(input.AsSpan(1), 1 + (input[0] % 16));
        FuzzTarget.Require(whole.IsRefused == cut.IsRefused, "the cut decides whether it is refused");
        // what is refused in pieces may be refused a record earlier
        int same = whole.IsRefused ? Math.Min(whole.Told.Count, cut.Told.Count) : whole.Told.Count;
        FuzzTarget.Require(whole.Told.Take(same).SequenceEqual(cut.Told.Take(same)), "the cut shows in what is told");
        if (!whole.IsRefused) FuzzTarget.Require(whole.Summary == cut.Summary, $"{whole.Summary} against {cut.Summary}");
    }

    sealed class Seen : IDisposable
    {
        readonly WebSocketFrameObserver _input = new(isMasked: true), _output = new(isMasked: false);
        readonly RelayTraffic _traffic = new();
        readonly ConversationObserver _observer;

        internal Seen() => _observer = new ConversationObserver(_traffic, WithheldWords.None)
        {
            Failed = (port, fault) => Told.Add($"{port} {fault.Fault} {fault.Message}"),
        };

        internal List<string> Told { get; } = [];

        internal bool IsRefused { get; private set; }

        internal string Summary => $"{_observer.Connections} {_observer.IsOver} {_traffic.BytesToServer} {_traffic.BytesToClient} {_traffic.IdleFor == TimeSpan.Zero}";

        internal void Follow(ReadOnlySpan<byte> messages, int step)
        {
            try
            {
                while (messages.Length > 2)
                {
                    int length = Math.Min(messages[1] | ((messages[0] & 0xfe) << 7), messages.Length - 2);
                    Pass((messages[0] & 1) == 0, messages.Slice(2, length).ToArray(), step);
                    messages = messages[(2 + length)..];
                }

                _observer.SeeInputClose();
            }
            catch (FormatException)
            {
                IsRefused = true;
            }
        }

        void Pass(bool isInput, byte[] message, int step)
        {
            byte[] frame = isInput ? Frame(0x80, [1, 2, 3, 4], [.. message.Select(static (each, i) => (byte)(each ^ (1 + (i % 4))))]) : Frame(0, [], message);
            bool isKept = !isInput && message.Length > 0 && _observer.IsKept(message[0]);
            for (int at = 0; at < frame.Length;)
            {
                ReadOnlySpan<byte> rest = frame.AsSpan(at, Math.Min(step, frame.Length - at));
                ObservedPart part = (isInput ? _input : _output).Observe(rest);
                FuzzTarget.Require(part.Length > 0, "the observer stands still");
                at += part.Length;
                if (part.First < 0) continue;
                if (isInput) _observer.SeeInput((byte)part.First, rest[part.Payload], _input);
                else _observer.SeeOutput((byte)part.First, rest[part.Payload]);
                if (!part.EndsMessage) continue;
                if (isInput) _observer.SeeInputEnd();
                else _observer.SeeOutputEnd();
            }

            if (isKept) Told.Add(_observer.Amend() is { } instead ? Convert.ToHexStringLower(instead.Span) : "as it is");
        }

        public void Dispose() => _observer.Dispose();

        static byte[] Frame(byte masked, byte[] mask, byte[] payload) => payload.Length < 126
            ? [0x82, (byte)(masked | payload.Length), .. mask, .. payload]
            : [0x82, (byte)(masked | 126), (byte)(payload.Length >> 8), (byte)payload.Length, .. mask, .. payload];
    }
}
