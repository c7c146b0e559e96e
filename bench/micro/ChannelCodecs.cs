using BenchmarkDotNet.Attributes;
using Fairlead.Wire;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Benchmarks;

/// <summary>What one channel message of 32 KiB costs beside its bytes.</summary>
[MemoryDiagnoser]
public class ChannelCodecs
{
    const int Payload = 32 * 1024 - 16;

    readonly byte[] _payload = new byte[Payload];
    readonly byte[] _text = new byte[ChannelMessage.GetBase64Length(Payload)];

    public ChannelCodecs() => new Random(7).NextBytes(_payload);

    [Benchmark]
    public RemoteChannel ChannelByte()
    {
        byte first = ChannelMessage.EncodeChannel(RemoteChannel.StandardOutput, RemoteCommandProtocol.V5);
        return ChannelMessage.TryDecodeChannel(first, RemoteCommandProtocol.V5, out RemoteChannel channel) ? channel : throw new InvalidDataException();
    }

    [Benchmark]
    public int Base64ThereAndBack()
    {
        int length = ChannelMessage.EncodeBase64(_payload, _text);
        return ChannelMessage.TryDecodeBase64(_text.AsSpan(0, length), out int decoded) && decoded == Payload ? decoded : throw new InvalidDataException();
    }
}
