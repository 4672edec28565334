#include "api/service_dial.hpp"

#include <algorithm>
#include <charconv>
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

// ":2222"
std::optional<std::uint16_t> named_port(const std::string& service) {
    const char* const end = service.data() + service.size();
    std::uint16_t port = 0;
    const bool is_port = service.starts_with(':') && std::from_chars(service.data() + 1, end, port).ptr == end;
    return is_port && port != 0 ? std::optional(port) : std::nullopt;
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
    const session::RemoteOpener remote = carriers.empty() ? remote_of(target) : nullptr;
    if (carriers.empty() && !remote) {
        attempt->fail(errc::unknown_service);
        return;
    }
    // Sessions end unanswered opens within the server's own time.
    if (target.timeout > target.timeout.zero() && target.timeout < needs_.open_deadline) {
        attempt->set_timeout(needs_.workers.at(0).io(), target.timeout);
    }
    remote ? dial_remote(remote, std::move(attempt)) : dial(std::move(carriers), std::move(attempt));
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

// Members know private services by name and token, and public ports; not names of public services and of clients.
session::RemoteOpener ServiceDial::remote_of(const OpenTarget& target) const {
    const session::ServerShared& shared = needs_.shared;
    if (!shared.find_remote || !target.client.empty() || target.service.empty()) {
        return nullptr;
    }
    const std::optional<std::uint16_t> port = named_port(target.service);
    if (port && target.token.empty()) {
        return shared.find_remote({.port = *port});
    }
    for (const auto& each : shared.tokens.all()) {
        const login::AcceptedToken& token = *each;
        if (!target.token.empty() && token.name != target.token) {
            continue;
        }
        const session::RemoteService service{token.id(), token.id(), port ? std::string() : target.service,
                                             port.value_or(0)};
        if (session::RemoteOpener open = shared.find_remote(service)) {
            return open;
        }
    }
    return nullptr;
}

void ServiceDial::dial_remote(const session::RemoteOpener& open, std::shared_ptr<OpenAttempt> attempt) {
    open({}, [life = needs_.life, attempt = std::move(attempt)](Result<session::RemoteStream, wire::Code> opened) {
        if (!opened) {
            attempt->fail(error_of(opened.error()));
            return;
        }
        auto core = make_intrusive<StreamCore>(StreamOrigin(), life);
        opened->stream->attach(core, true);
        core->bind(std::move(opened->stream));
        attempt->dialled(std::move(core));
    });
}

}  // namespace ferrotunnel::detail
