// Visitors on their way to a client: how many there are, and a stream for each.
#include <utility>

#include "base/text.hpp"
#include "session/server_session.hpp"
#include "session/server_session_plugins.hpp"
#include "session/visit.hpp"
#include "session/visitor_bytes.hpp"
#include "session/visitor_lines.hpp"

namespace ferrotunnel::session {

namespace {

// For comparing trunks: a trunk that moves this much counts as having one visitor more.
constexpr std::uint64_t recent_bytes_as_a_visitor = 102'400;  // about 1 MiB/s

}  // namespace

// The load of this trunk: visitors, and what they move, since a newcomer should not wait behind a bulk transfer. Of two
// trunks with the same load, the one on the calling worker has less, since a visitor that changes threads costs a
// wake-up. A visitor who will send nothing more is on the way out, or moves bytes, which count.
std::uint64_t ServerSession::load() const noexcept {
    const std::uint64_t visitors = traffic_->sending_now.load(std::memory_order_relaxed) +
                                   on_the_way_.load(std::memory_order_relaxed) +
                                   dialled_->load(std::memory_order_relaxed);
    // While it waits for its client, visitors are better off elsewhere.
    constexpr std::uint64_t away = std::uint64_t{1} << 32;
    const std::uint64_t as_away = waits_since() ? away : 0;
    const std::uint64_t as_visitors = recent_->lately(Clock::now()) / recent_bytes_as_a_visitor;
    return as_away + 2 * (visitors + as_visitors) + (worker_.here() ? 0 : 1);
}

std::shared_ptr<void> ServerSession::count_dialled() {
    dialled_->fetch_add(1, std::memory_order_relaxed);
    auto uncount = [dialled = dialled_](void*) { dialled->fetch_sub(1, std::memory_order_relaxed); };
    return {nullptr, std::move(uncount)};
}

void ServerSession::take(directory::Visitor visitor, std::uint32_t service) {
    bring(std::move(visitor), service);
}

void ServerSession::on_visitor(std::uint32_t id, directory::Visitor visitor) {
    auto found = services_.find(id);
    if (ended_ || found == services_.end() || found->second.public_port != visitor.port) {
        // This trunk has left the port while the visitor was on the way to it: others may still be there.
        pass_to_other(visitor);  // without another trunk the visitor is reset
        return;
    }
    guarded([&] {
        if (count_visitor(visitor.of_token, runtime::visitor_address(visitor.from)) &&
            (!plugins_ || !ask_plugins(id, visitor))) {
            open_or_wait(id, std::move(visitor));
        }
    });
}

void ServerSession::take_by_name(std::uint32_t id, runtime::Fd socket, const runtime::SocketAddress& from) {
    const auto found = services_.find(id);
    const bool is_there =
        found != services_.end() && (found->second.description.kind == wire::ServiceKind::tcp ||
                                     found->second.description.kind == wire::ServiceKind::private_tcp);
    directory::Visitor visitor(std::move(socket), from, is_there ? found->second.public_port : nullptr);
    if (!is_there) {
        return;  // it has left meanwhile: the visitor is reset
    }
    if (const std::shared_ptr<directory::SharedPort> port = visitor.port) {
        port->hand_over(std::move(visitor));
    } else {
        on_visitor(id, std::move(visitor));
    }
}

void ServerSession::open_visitor(std::uint32_t id, directory::Visitor visitor) {
    if (visitor.distant) {
        open_distant(id, std::move(visitor));
        return;
    }
    std::shared_ptr<trunk::Traffic> traffic = services_.at(id).traffic;
    if (auto watched = std::exchange(visitor.watched, nullptr)) {
        watched->total = std::move(traffic);
        traffic = std::move(watched);
    }
    mux::Session::OpenRequest request;
    request.visitor = runtime::visitor_address(visitor.from);
    carry(id, visitor, request, std::move(traffic));
}

// The same traffic, of a visitor who counts among those of the service.
std::shared_ptr<trunk::Traffic> ServerSession::counted_for(std::uint32_t id, const net::Address& from,
                                                           std::shared_ptr<trunk::Traffic> traffic) {
    const std::shared_ptr<metrics::ServiceRow>& row = services_.at(id).row;
    return row ? std::make_shared<VisitorBytes>(row, row->number_of(&worker_), from, std::move(traffic))
               : std::move(traffic);
}

// The visitor has a stream: it counts here and not where it was passed on from.
void ServerSession::count_visit(std::uint32_t id, const net::Address& from) {
    if (const std::shared_ptr<metrics::ServiceRow>& row = services_.at(id).row) {
        row->top_visitors(row->number_of(&worker_)).count(from, 1, 0);
    }
}

// Opens a stream for the visitor and joins it with the visitor's socket. The pump counts in `traffic`, and keeps all
// that counts the visitor.
template <typename AnyVisitor>
void ServerSession::carry(std::uint32_t id, AnyVisitor& visitor, mux::Session::OpenRequest& request,
                          std::shared_ptr<trunk::Traffic> traffic) {
    traffic = traffic_of_visitor(visitor, counted_for(id, request.visitor, std::move(traffic)));
    auto pump = make_intrusive<trunk::SocketPump>(worker_, traffic);
    const IntrusivePtr<mux::Stream> stream = open_for(id, visitor, request, pump, false, traffic.get());
    if (!stream) {
        return;
    }
    count_visit(id, request.visitor);
    pump->set_shape(shape_of(id));
    watch(*pump, stream, id, visitor.of_member);
    pump->set_stream(stream);
    pump->set_socket(std::move(visitor.socket));
}

// Opens a stream for the visitor. Null: another trunk has the visitor now, which has room or finds out that it has none
// either; or nobody has, and the visitor is reset or turned away when the caller lets it go. `counts_in`, if it is not
// null, has counted the visitor already.
template <typename AnyVisitor>
IntrusivePtr<mux::Stream> ServerSession::open_for(std::uint32_t id, AnyVisitor& visitor,
                                                  mux::Session::OpenRequest& request, IntrusivePtr<buffer::Waker> waker,
                                                  bool foreign, trunk::Traffic* counts_in) {
    request.service = id;
    request.meter = services_.at(id).meter;
    auto stream = trunk_->session().open(request, std::move(waker), foreign, worker_.now());
    trunk_->session_changed();
    if (!stream) {
        if (!pass_to_other(visitor)) {
            refuse_visitor(text_of(request.visitor), stream.error());
        } else if (counts_in != nullptr) {
            counts_in->passed_on();
        }
        return {};
    }
    if (may_tell_visitor(*shared_->log, worker_.now())) {
        const std::string service = printable(services_.at(id).description.name, 64);
        const std::string from = text_of(request.visitor);
        if constexpr (requires { visitor.host; }) {
            shared_->log->info(
                "a visitor",
                {{"session", agreement_.session}, {"service", service}, {"from", from}, {"host", visitor.host}});
        } else {
            shared_->log->info("a visitor", {{"session", agreement_.session}, {"service", service}, {"from", from}});
        }
    }
    set_served(visitor.visit);
    if (visitor.of_member) {
        visitor.of_member->begin();
    }
    return *stream;
}

template IntrusivePtr<mux::Stream> ServerSession::open_for(std::uint32_t id, directory::Visitor& visitor,
                                                           mux::Session::OpenRequest& request,
                                                           IntrusivePtr<buffer::Waker> waker, bool foreign,
                                                           trunk::Traffic* counts_in);
template void ServerSession::carry(std::uint32_t id, directory::TlsVisitor& visitor, mux::Session::OpenRequest& request,
                                   std::shared_ptr<trunk::Traffic> traffic);

}  // namespace ferrotunnel::session
