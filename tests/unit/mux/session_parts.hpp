// The parts of a session, tied together as a session does, without a session.
#pragma once

#include "mux/endpoint_requests.hpp"
#include "mux/memory_reclaimer.hpp"
#include "mux/stream_receiver.hpp"
#include "mux/stream_sender.hpp"
#include "unit/mux/session_fixture.hpp"

namespace ferrotunnel::mux::test {

struct SessionParts {
    explicit SessionParts(const Settings& settings = server_settings())
        : context{settings,
                  {settings.first_window, settings.window_max},
                  make_intrusive<SessionShared>(waker, settings),
                  TimePoint{} + 1000h} {
        opens.set_peer({});
    }
    ~SessionParts() {
        table.check_invariants(ids);
        table.end_all({StreamEnd::Kind::lost, Code::none});
        wakes.flush();
        context.shared->ready.close();
    }

    /// A stream that belongs to no session.
    IntrusivePtr<Stream> make_stream(StreamId id) {
        auto stream = make_intrusive<Stream>(context.shared, id, wire::ServiceKind::tcp, 0);
        stream->attach(stream_waker, false);
        return stream;
    }
    /// A stream that the peer has opened, or with an odd id this side.
    IntrusivePtr<Stream> open(StreamId id, std::uint32_t service = 0, wire::ServiceKind kind = wire::ServiceKind::tcp) {
        auto stream =
            table.make({id, service, kind, ids.is_own(id), limits::first_window, context.settings.first_window});
        stream->attach(stream_waker, false);
        (ids.is_own(id) ? ids.use_next() : ids.accept(id));
        return stream;
    }
    /// The same when it was answered.
    IntrusivePtr<Stream> open_answered(StreamId id) {
        auto stream = open(id);
        table.answer(*stream);
        return stream;
    }
    /// The peer's DATA of `bytes`, in a slab of its own.
    Violation feed(StreamId id, std::uint32_t bytes, std::uint8_t flags = 0) {
        const wire::FrameHeader header{static_cast<std::uint16_t>(bytes), FrameType::data, flags, id};
        if (const Violation violation = receiver.begin_data(header)) {
            return violation;
        }
        const buffer::SlabPtr slab = pool.acquire(context.shared->ledger.get());
        compactor.add_slab(slab);
        blocked = receiver.on_data(header, buffer::Slice(slab, 0, bytes), true, true);
        return {};
    }
    std::vector<Frame> written() {
        Batch batch(pool);
        requests.serve_ready();
        sender.write(batch, limits::quantum_max);
        Raw bytes;
        for (Bytes piece : batch.pieces()) {
            bytes.insert(bytes.end(), piece.begin(), piece.end());
        }
        return SessionFixture::cut(bytes);
    }

    buffer::SlabPool pool;
    buffer::SlabPool::Scope scope{pool};
    IntrusivePtr<CountingWaker> waker = make_intrusive<CountingWaker>();
    IntrusivePtr<CountingWaker> stream_waker = make_intrusive<CountingWaker>();
    SessionContext context;
    StreamIds ids{context.settings};
    Liveness liveness{context.settings, 0, context.now};
    Outbox outbox{*waker};
    WakeList wakes;
    SendLanes lanes{*waker};
    MemoryBudget budget{context.settings, *context.shared};
    OpenLimiter opens{context.settings};
    CreditGranter credit{context, budget, lanes};
    StreamTable table{{context, opens, budget, credit, lanes, outbox, wakes}, 1};
    Compactor compactor{context};
    StreamReceiver receiver{{context, ids, liveness, opens, table, budget, credit, lanes, compactor, wakes}};
    EndpointRequests requests{context, table, budget, credit, lanes};
    StreamSender sender{context, table, credit, lanes, wakes};
    MemoryReclaimer reclaimer{context, budget, table};
    bool blocked = false;
};

}  // namespace ferrotunnel::mux::test
