// Server::async_open: dialling a service through its tunnel, on the trunk that has the fewest visitors.
#include <algorithm>
#include <optional>
#include <utility>

#include "error_map.hpp"
#include "server_impl.hpp"
#include "stream_core.hpp"

namespace ferrotunnel {

using detail::OpenOperation;
using tunnel::ServerSession;

/// An OpenOperation that is completed whatever happens to the worker it was sent to.
class Server::Impl::PendingOpen {
public:
    explicit PendingOpen(OpenOperation* operation) : operation_(operation) {}
    PendingOpen(PendingOpen&& other) noexcept : operation_(std::exchange(other.operation_, nullptr)) {}
    PendingOpen& operator=(PendingOpen&&) = delete;
    ~PendingOpen() { fail(errc::session_closed); }

    OpenOperation* take() noexcept { return std::exchange(operation_, nullptr); }
    void fail(std::error_code error) noexcept {
        if (OpenOperation* operation = take()) {
            operation->complete(error, Stream());
        }
    }

private:
    OpenOperation* operation_;
};

// The trunks that carry it, those with the fewest visitors first. A name that several clients use means one of them.
std::vector<Server::Impl::Carrier> Server::Impl::carriers_of(const std::string& service) {
    struct Found {
        Carrier carrier;
        bool retired = false;
        std::uint64_t load = 0;
    };
    std::vector<Found> found;
    std::optional<tunnel::ClientId> client;
    for (const SessionPtr& session : sessions()) {
        const tunnel::SessionView view = session->view();
        if (client && *client != view.client) {
            continue;
        }
        for (const tunnel::SessionView::Service& one : view.services) {
            if (one.name == service || one.endpoint == service ||
                (one.port != 0 && ":" + std::to_string(one.port) == service)) {
                client = view.client;
                found.push_back({{session, one.id}, view.retired, session->load()});
                break;
            }
        }
    }
    if (found.size() > 1) {
        std::size_t turn = 0;
        {
            std::lock_guard lock(mutex_);
            turn = dial_turn_++ % found.size();
        }
        std::rotate(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(turn), found.end());
        std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
            return std::pair(a.retired, a.load) < std::pair(b.retired, b.load);
        });
    }
    std::vector<Carrier> carriers;
    for (Found& one : found) {
        carriers.push_back(std::move(one.carrier));
    }
    return carriers;
}

void Server::Impl::start_open(const std::string& service, OpenOperation* operation) {
    PendingOpen pending(operation);
    {
        std::lock_guard lock(mutex_);
        if (!started_ || stopping_) {
            pending.fail(started_ ? errc::session_closed : errc::not_running);
            return;
        }
    }
    std::vector<Carrier> carriers = carriers_of(service);
    if (carriers.empty()) {
        pending.fail(errc::unknown_service);
        return;
    }
    dial(std::move(carriers), std::make_shared<PendingOpen>(std::move(pending)));
}

// On the first of them that can; the others may have room where one is full or going.
void Server::Impl::dial(std::vector<Carrier> carriers, std::shared_ptr<PendingOpen> pending) {
    auto [session, id] = carriers.front();
    carriers.erase(carriers.begin());
    std::shared_ptr<void> counted = session->count_dialled();
    session->post([this, id = id, carriers = std::move(carriers), pending = std::move(pending),
                   counted = std::move(counted)](ServerSession& at) mutable {
        auto core = make_intrusive<detail::StreamCore>(wire::Address{}, life_, nullptr);
        core->keep(std::move(counted));
        auto stream = at.open_stream(id, core, true);
        if (stream) {
            core->bind(std::move(*stream));
            core->start_open(pending->take());
        } else if (!carriers.empty()) {
            dial(std::move(carriers), std::move(pending));
        } else {
            pending->fail(detail::error_of(stream.error()));
        }
    });
}

}  // namespace ferrotunnel
