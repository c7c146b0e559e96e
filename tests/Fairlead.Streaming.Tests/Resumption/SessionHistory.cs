using System.Text;
using Fairlead.Streaming.Resumption;
using Fairlead.Streaming.Resumption.Answering;
using Fairlead.Streaming.Resumption.Asking;
using Fairlead.Wire.Sessions;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Streaming.Tests.Resumption;

/// <summary>One history: a client, a server that may be lost, and carriers between them that are delayed, cut in the middle of a message and
/// overtaken by others.</summary>
sealed class SessionHistory
{
    const byte Input = 0, Output = 1, Final = 3;
    const string Subject = "exec default/web/app", Caller = "alice";

    static readonly ResumptionLimits s_limits = new() { WindowBytes = 700, MostWindowBytes = 2800, ConfirmBytes = 150 };
    static readonly KeepLimits s_keep = new() { Keep = TimeSpan.FromMinutes(5), Sessions = s_limits };

    readonly Random _random;
    readonly HistoryTally _tally;
    readonly bool _isHostile;
    readonly FakeTimeProvider _time = new();
    readonly StringBuilder _tale = new();
    readonly List<ModelCarrier> _carriers = [];
    readonly List<ModelApplication> _started = [];
    readonly SessionKey _key;
    readonly ModelApplication _client;
    readonly int _inputLength, _outputLength;
    SessionRegistry _registry;
    ModelCarrier? _present;
    SessionOpening? _lastOpening;
    bool _isKnown, _isOver, _isFair;
    SessionRefusal? _refused;

    internal SessionHistory(int seed, bool isHostile, HistoryTally tally)
    {
        (_random, _isHostile, _tally) = (new Random(seed), isHostile, tally);
        _registry = new SessionRegistry(s_keep, _time);
        _key = new SessionKey(new byte[32], Timeout.InfiniteTimeSpan);
        (_inputLength, _outputLength) = (_random.Next(0, 6000), _random.Next(0, 6000));
        _client = new ModelApplication(
            new ResumableSession([new(Input, true), new(Output, false), new(Final, false)], s_limits, 1 << 20, time: _time), _random);
        _client.Write(Input, _inputLength);
        _client.Read(Output);
        _client.Read(Final);
    }

    internal string Tale => _tale.ToString();

    internal void Run()
    {
        for (int step = _random.Next(50, 400); step > 0 && !_isOver; step--) Step();
        _isFair = true; // from here on nothing is lost: what can still end well has to
        for (int step = 0; step < 5_000 && !_isOver; step++) Step();
        Conclude();
    }

    void Step()
    {
        switch (_random.Next(_isFair ? 12 : 16))
        {
            case 0 or 1: _client.Step(Input, _random.Next(8) == 0); break;
            case 2: _client.Step(Output, _random.Next(8) == 0); break;
            case 3: _client.Step(Final); break;
            case 4 or 5: StepCommand(); break;
            case 6: Send(); break;
            case 7: ToServer(Any(isToServer: true), int.MaxValue); break;
            case 8: ToClient(int.MaxValue); break;
            case 9: Send(); ToServer(Any(isToServer: true), int.MaxValue); break;
            case 10: Send(); ToClient(int.MaxValue); break;
            case 11: _time.Advance(TimeSpan.FromMilliseconds(_random.Next(1, 120))); break;
            case 12: ClientLoses(); break;
            case 13: ServerLoses(); break;
            case 14 when _isHostile && _random.Next(3) == 0: Attack(); break;
            case 15 when _isHostile && _random.Next(100) == 0: Restart(); break;
            case 15 when _isHostile && _random.Next(100) == 0: Pass(s_keep.Keep + TimeSpan.FromSeconds(1)); break;
        }

        if (_present is null && !_isOver && !_client.Session.Complete.IsCompleted && _random.Next(3) == 0) Open();
        if (_client.HasRead(Final) && !_isOver) Finish();
    }

    /// <summary>The command writes its output while it reads its input, and ends with a status when both have ended.</summary>
    void StepCommand()
    {
        foreach (ModelApplication command in _started)
        {
            command.Step(Input, _random.Next(8) == 0);
            command.Step(Output, _random.Next(8) == 0);
            if (command.HasRead(Input) && command.HasWritten(Output)) command.Step(Final);
        }
    }

    void Open()
    {
        _present = new ModelCarrier(_carriers.Count);
        _carriers.Add(_present);
        _present.ToClient.Enqueue(SessionMessage.EncodeHello(_registry.Greet()));
        _tale.Append($"open {_present.Number}; ");
    }

    /// <summary>Whoever has a carrier puts what it is to send on its way.</summary>
    void Send()
    {
        foreach (ModelCarrier carrier in _carriers)
        {
            if (carrier is { ClientHolds: true, ClientOpened: true }) Take(_client.Session, carrier.ClientEnd, carrier.ToServer);
            if (carrier is { ServerHolds: true, Session: { } session }) Take(session.Session, carrier.ServerEnd, carrier.ToClient);
        }
    }

    static void Take(ResumableSession session, ModelCarrier.End end, Queue<byte[]> way)
    {
        if (!end.IsQueued) return;
        if (session.TryTake(end, out ReadOnlyMemory<byte> message))
        {
            way.Enqueue(message.ToArray());
            session.GiveBack();
        }
        else end.IsQueued = false;
    }

    /// <summary>Also one that the client has given up: what it had sent may arrive long afterwards.</summary>
    ModelCarrier? Any(bool isToServer)
    {
        ModelCarrier[] some = [.. _carriers.Where(carrier => (isToServer ? carrier.ToServer : carrier.ToClient).Count > 0)];
        return some.Length == 0 ? null : some[_random.Next(some.Length)];
    }

    void ToServer(ModelCarrier? carrier, int most)
    {
        if (carrier is not { ServerHolds: true } || !carrier.ToServer.TryDequeue(out byte[]? message)) return;
        if (message[0] <= SessionMessage.LastChannel) Data(carrier.Session!.Session, message, most);
        else if (most < message.Length) return; // cut in the middle: nothing was said
        else if ((SessionMessageType)message[0] is SessionMessageType.Open) Judge(carrier, SessionMessage.DecodeOpen(message.AsSpan(1))!);
        else carrier.Session!.Session.Receive((SessionMessageType)message[0], message.AsSpan(1));
        if (carrier.Session is { Session.Delivered.IsCompleted: true } session) session.Session.End(null);
    }

    void ToClient(int most)
    {
        if (_present is not { ClientHolds: true } carrier || !carrier.ToClient.TryDequeue(out byte[]? message)) return;
        ReadOnlySpan<byte> body = message.AsSpan(1);
        SessionMessageType type = (SessionMessageType)message[0];
        if (message[0] <= SessionMessage.LastChannel) Data(_client.Session, message, most);
        else if (most < message.Length) return;
        else if (type is SessionMessageType.Hello)
        {
            _lastOpening = _key.Open(SessionMessage.DecodeHello(body)!, _isKnown, _client.Session.Received());
            carrier.ToServer.Enqueue(SessionMessage.EncodeOpen(_lastOpening));
            carrier.HasAsked = true;
        }
        else if (type is SessionMessageType.Opened)
        {
            SessionAnswer answer = SessionMessage.DecodeOpened(body)!;
            if (!_client.Session.Attach(carrier.ClientEnd, answer.Received, TimeSpan.FromMilliseconds(1)))
                throw new InvalidOperationException("the server's totals cannot be");
            if (answer.IsResumed) _tally.OnResumed();
            (carrier.ClientOpened, _isKnown) = (true, true);
        }
        else if (type is SessionMessageType.Refused)
        {
            SessionMessage.TryDecodeRefused(body, out SessionRefusal code, out _);
            _tale.Append($"refused {code}; ");
            (_refused, _isOver) = (code, true);
        }
        else _client.Session.Receive(type, body);
    }

    static void Data(ResumableSession session, byte[] message, int most)
    {
        InboundChannel channel = session.Begin(message[0]) ?? throw new InvalidOperationException("DATA of a channel that there is not");
        ReadOnlyMemory<byte> payload = message.AsMemory(1, Math.Min(most, message.Length - 1));
        for (; !payload.IsEmpty && !channel.IsDropping; payload = payload[Math.Min(payload.Length, 4096)..])
        {
            ReadOnlyMemory<byte> part = payload[..Math.Min(payload.Length, 4096)];
            part.CopyTo(channel.GetMemory());
            channel.Advance(part.Length);
            bool isWhole = payload.Length <= 4096 && most >= message.Length - 1; // what is cut in the middle has not been passed on yet
            Task flushed = channel.FlushAsync(isWhole).AsTask();
            if (!flushed.IsCompletedSuccessfully) throw new InvalidOperationException("more came than a window");
        }

        if (!payload.IsEmpty) channel.Skip(payload.Length);
    }

    /// <summary>As a server does it: what is refused changes nothing, what is taken over is given up before totals are told.</summary>
    void Judge(ModelCarrier carrier, SessionOpening opening)
    {
        Verdict verdict = _registry.Decide(opening, Caller, Subject, budget => Begin(budget));
        if (verdict.Session is not { } session)
        {
            carrier.ToClient.Enqueue(SessionMessage.EncodeRefused(verdict.Refusal, verdict.Text));
            carrier.ServerHolds = false;
            return;
        }

        foreach (ModelCarrier other in _carriers.Where(other => other.ServerHolds && other.Session == session))
        {
            Release(other);
            _tally.OnTakenOver();
        }

        _registry.OnAttached(session);
        carrier.Session = session;
        carrier.ServerAnswered = true;
        _tale.Append($"{(verdict.IsResumed ? "resumed" : "started")} on {carrier.Number}; ");
        carrier.ToClient.Enqueue(SessionMessage.EncodeOpened(new SessionAnswer(verdict.IsResumed, session.Session.Received())));
        if (!session.Session.Attach(carrier.ServerEnd, opening.Received, TimeSpan.FromMilliseconds(1)))
            throw new InvalidOperationException("what was judged to fit does not");
    }

    ResumableSession Begin(ByteBudget budget)
    {
        ResumableSession session = new([new(Input, false), new(Output, true), new(Final, true) { Rank = 1 }], s_limits, 1 << 20, budget, _time);
        ModelApplication command = new(session, _random);
        command.Read(Input);
        command.Write(Output, _outputLength);
        command.Write(Final, 30);
        _started.Add(command);
        if (_started.Count > 1) throw new InvalidOperationException("the command was started twice");
        return session;
    }

    static void Release(ModelCarrier carrier)
    {
        carrier.ServerHolds = false;
        carrier.Session!.Session.Detach(carrier.ServerEnd);
    }

    /// <summary>The client notices that its carrier is gone, perhaps in the middle of a message; the server may not, for long.</summary>
    void ClientLoses()
    {
        if (_present is not { } carrier) return;
        if (_random.Next(2) == 0) ToClient(_random.Next(0, 100));
        if (_isOver || _present != carrier) return;
        if (carrier is { ServerAnswered: true, ClientOpened: false } && !_isKnown) _tally.OnAnswerLost();
        _tale.Append($"client loses {carrier.Number}; ");
        carrier.ClientHolds = false;
        _client.Session.Detach(carrier.ClientEnd);
        _present = null;
        if (_random.Next(2) == 0) carrier.ToServer.Clear();
    }

    void ServerLoses()
    {
        ModelCarrier[] held = [.. _carriers.Where(static carrier => carrier is { ServerHolds: true, Session: not null })];
        if (held.Length == 0) return;
        ModelCarrier carrier = held[_random.Next(held.Length)];
        if (_random.Next(2) == 0) ToServer(carrier, _random.Next(0, 100));
        if (!carrier.ServerHolds) return;
        _tale.Append($"server loses {carrier.Number}; ");
        Release(carrier);
        if (!carrier.Session!.Session.Ended.IsCompleted) carrier.Session.OnDetached();
        carrier.ToClient.Clear();
        if (carrier == _present) ClientLoses();
    }

    /// <summary>Time without a carrier: the session's is over, and the client comes back too late.</summary>
    void Pass(TimeSpan time)
    {
        ServerLoses();
        if (_present is not null) ClientLoses();
        int before = _registry.Count;
        _time.Advance(time);
        foreach (ModelCarrier carrier in _carriers) carrier.ToServer.Clear(); // no opening is on its way for so long
        if (_registry.Count < before) _tally.OnExpired();
        _tale.Append("time passes; ");
    }

    void Restart()
    {
        if (_started.Count == 0) return;
        _tally.OnRestarted();
        _tale.Append("server restarts; ");
        foreach (ModelCarrier carrier in _carriers)
        {
            carrier.ServerHolds = false;
            carrier.ToServer.Clear();
        }

        _registry = new SessionRegistry(s_keep, _time);
        if (_present is not null) ClientLoses();
    }

    /// <summary>Openings that must be refused by their names, with the session unharmed.</summary>
    void Attack()
    {
        if (_lastOpening is not { } real || _registry.Count == 0) return;
        byte[] secret = real.Secret.ToArray();
        secret[_random.Next(secret.Length)] ^= (byte)(1 << _random.Next(8));
        byte[] digest = [.. Enumerable.Repeat((byte)1, 32)];
        long far = 1 + _random.Next(1, 100) + 6000;
        (SessionOpening opening, string caller, string subject, SessionRefusal expected) = _random.Next(7) switch
        {
            0 => (Like(real, secret: secret), Caller, Subject, SessionRefusal.WrongSecret),
            1 => (real, "mallory", Subject, SessionRefusal.ForeignCaller),
            2 => (Like(real, digest: digest), Caller, Subject, SessionRefusal.DifferentRequest),
            3 => (real, Caller, Subject + "2", SessionRefusal.DifferentRequest),
            4 => (Like(real, received: [new(Output, far)]), Caller, Subject, SessionRefusal.BadTotals),
            5 => (Like(real, received: [new(Input, 1)]), Caller, Subject, SessionRefusal.BadTotals),
            _ => (Like(real, id: real.Id + 1, isKnown: true), Caller, Subject, SessionRefusal.Unknown),
        };
        Verdict verdict = _registry.Decide(opening, caller, subject, _ => throw new InvalidOperationException("an attack started a command"));
        if (verdict.Session is not null || verdict.Refusal != expected)
            throw new InvalidOperationException($"an attack was answered with {verdict.Refusal} instead of {expected}");
        _tally.OnHostileRefused();
    }

    static SessionOpening Like(SessionOpening opening, byte[]? secret = null, byte[]? digest = null, UInt128? id = null, bool? isKnown = null, ChannelTotal[]? received = null) => new()
    {
        Id = id ?? opening.Id,
        Attempt = opening.Attempt,
        Secret = secret ?? opening.Secret,
        Digest = digest ?? opening.Digest,
        First = opening.First,
        IsKnown = isKnown ?? opening.IsKnown,
        Received = received ?? opening.Received,
    };

    /// <summary>The client has the whole status: it may go only if everything before it has come too.</summary>
    void Finish()
    {
        if (_client.Session.Complete.IsCompleted is false) throw new InvalidOperationException("a status came before the outputs' ends");
        while (!_client.HasRead(Output)) _client.Step(Output, isGreedy: true);
        if (_client.BytesRead(Output) != _outputLength) throw new InvalidOperationException($"{_client.BytesRead(Output)} bytes of output have come of {_outputLength}");
        if (_started is not [var command] || !command.HasRead(Input) || command.BytesRead(Input) != _inputLength)
            throw new InvalidOperationException("success, although the command did not read all of its input");
        _isOver = true;
        _tally.OnSucceeded();
        if (_present is { ClientOpened: true } carrier)
        {
            carrier.ToServer.Enqueue(_client.Session.ConfirmAll());
            if (!carrier.ServerHolds) return;
            while (carrier.ToServer.Count > 0) ToServer(carrier, int.MaxValue);
            if (!command.Session.Delivered.IsCompleted) throw new InvalidOperationException("the server does not know that all has come");
            if (_registry.Count != 0 || _registry.KeptBytes != 0) throw new InvalidOperationException("the server still keeps something");
        }
    }

    void Conclude()
    {
        if (!_isOver) throw new InvalidOperationException("it never ended");
        if (_refused is null) return;
        _tally.OnLost();
        SessionRefusal[] honest = [SessionRefusal.ServerLost, SessionRefusal.Unknown, SessionRefusal.Expired, SessionRefusal.Over];
        if (!_isHostile || !honest.Contains(_refused.Value)) throw new InvalidOperationException($"the client was refused with {_refused}");
    }
}
