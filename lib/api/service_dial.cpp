#include "api/service_dial.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "api/error_map.hpp"
#include "api/open_attempt.hpp"
#include "api/stream_core.hpp"

namespace ferrotunnel::detail {

using session::ServerSession;

std::shared_ptr<OpenAttempt> make_attempt(OpenOperation* operation) {
    try {
        return std::make_shared<OpenAttempt>(operation);
    } catch (...) {
        operation->complete(asio::error::no_memory, Stream());
        throw;
    }
}

void cancel_open(OpenAttempt& attempt) noexcept {
    attempt.cancel(false);
}

namespace {

bool is_meant(const session::SessionView::Service& one, const std::string& service) {
    const bool has_address = one.http || one.port != 0;
    return one.name == service || (has_address && one.endpoint == service) ||
           (one.port != 0 && service.starts_with(':') && ":" + std::to_string(one.port) == service);
}

}  // namespace

// The trunks that carry the service, those with the fewest visitors first. A name that several clients use selects one
// of them.
std::vector<Carrier> ServiceDial::carriers_of(const OpenTarget& target) {
    struct Found {
        Carrier carrier;
        bool retired = false;
        std::uint64_t load = 0;
    };
    std::vector<Found> found;
    std::optional<directory::ClientId> client;
    for (const SessionPtr& session : needs_.sessions.all()) {
        session->read([&](const session::SessionView& view) {
            if ((client && *client != view.client) || (!target.client.empty() && target.client != view.name) ||
                (!target.token.empty() && target.token != view.token_name)) {
                return;
            }
            for (const session::SessionView::Service& one : view.services) {
                if (is_meant(one, target.service)) {
                    client = view.client;
                    found.push_back({{session, one.id}, view.retired, session->load()});
                    return;
                }
            }
        });
    }
    if (found.size() > 1) {
        const std::size_t turn = turn_.fetch_add(1, std::memory_order_relaxed) % found.size();
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

void ServiceDial::start(const OpenTarget& target, std::shared_ptr<OpenAttempt> attempt) {
    if (target.timeout < target.timeout.zero()) {  // the rest of a deadline
        attempt->fail(errc::timed_out);
        return;
    }
    std::vector<Carrier> carriers = carriers_of(target);
    if (carriers.empty()) {
        attempt->fail(errc::unknown_service);
        return;
    }
    // Sessions end unanswered opens within the server's own time.
    if (target.timeout > target.timeout.zero() && target.timeout < needs_.open_deadline) {
        attempt->set_timeout(needs_.workers.at(0).io(), target.timeout);
    }
    dial(std::move(carriers), std::move(attempt));
}

// Opens on the first carrier that can; the others may have room if one is full or about to end.
void ServiceDial::dial(std::vector<Carrier> carriers, std::shared_ptr<OpenAttempt> attempt) {
    auto [session, id] = carriers.front();
    carriers.erase(carriers.begin());
    auto counted = session->count_dialled();
    session->post([this, id = id, carriers = std::move(carriers), attempt = std::move(attempt),
                   counted = std::move(counted)](ServerSession& at) mutable {
        if (!attempt->is_waiting()) {
            return;  // cancelled meanwhile
        }
        auto core = make_intrusive<StreamCore>(StreamOrigin(), needs_.life);
        core->count_by(std::move(counted));
        auto stream = at.open_stream(id, core, true);
        if (stream) {
            core->bind(std::move(*stream));
            attempt->dialled(std::move(core));
        } else if (!carriers.empty()) {
            dial(std::move(carriers), std::move(attempt));
        } else {
            attempt->fail(error_of(stream.error()));
        }
    });
}

}  // namespace ferrotunnel::detail
