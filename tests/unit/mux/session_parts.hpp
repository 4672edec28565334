// The parts of a session that most others need, and streams, without a session.
#pragma once

#include "mux/send_lanes.hpp"
#include "mux/session_context.hpp"
#include "mux/wake_list.hpp"
#include "unit/mux/session_fixture.hpp"

namespace ferrotunnel::mux::test {

struct SessionParts {
    explicit SessionParts(const Settings& settings = server_settings())
        : context{settings,
                  {settings.first_window, settings.window_max},
                  make_intrusive<SessionShared>(waker, settings),
                  TimePoint{} + 1000h} {}

    IntrusivePtr<Stream> make_stream(StreamId id, wire::ServiceKind kind = wire::ServiceKind::tcp) {
        auto stream = make_intrusive<Stream>(context.shared, id, kind, 0);
        stream->attach(stream_waker, false);
        return stream;
    }

    buffer::SlabPool pool;
    buffer::SlabPool::Scope scope{pool};
    IntrusivePtr<CountingWaker> waker = make_intrusive<CountingWaker>();
    IntrusivePtr<CountingWaker> stream_waker = make_intrusive<CountingWaker>();
    SessionContext context;
    WakeList wakes;
    SendLanes lanes{*waker};
};

}  // namespace ferrotunnel::mux::test
