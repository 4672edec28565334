#include "directory/takeover.hpp"

#include <atomic>
#include <utility>

namespace ferrotunnel::directory {
namespace {

// Others compete for the same name: after this many fruitless evictions for one name the later one gives up.
constexpr int rounds_max = 4;

using Handles = std::vector<std::shared_ptr<SessionHandle>>;

// Evicts all; calls `then` once, when the last of them has left.
void evict_all(const Handles& sessions, wire::Code code, const std::string& text, std::function<void()> then) {
    // Counted in full before the first eviction, which may answer at once.
    auto waiting = std::make_shared<std::atomic<std::size_t>>(sessions.size());
    auto shared_then = std::make_shared<std::function<void()>>(std::move(then));
    for (const auto& session : sessions) {
        session->evict(code, text, [waiting, shared_then] {
            if (--*waiting == 0) {
                (*shared_then)();
            }
        });
    }
}

// Probes all; calls `then` once: with true when the first one is found alive, with false when all are silent.
void probe_all(const Handles& sessions, std::function<void(bool)> then) {
    struct Probing {
        std::atomic<std::size_t> waiting;
        std::atomic<bool> told{false};
        std::function<void(bool)> then;
    };
    auto probing = std::make_shared<Probing>();
    probing->waiting = sessions.size();
    probing->then = std::move(then);
    for (const auto& session : sessions) {
        session->probe([probing](bool alive) {
            const bool last = --probing->waiting == 0;
            if ((alive || last) && !probing->told.exchange(true)) {
                probing->then(alive);
            }
        });
    }
}

struct Admission : std::enable_shared_from_this<Admission> {
    std::shared_ptr<Registry> registry;
    SessionInfo info;
    std::shared_ptr<SessionHandle> handle;
    TakeoverDone done;
    int rounds = 0;

    void request() {
        AdmitAnswer answer = registry->admit(info, handle);
        if (std::holds_alternative<Admitted>(answer)) {
            done(std::nullopt);
        } else if (auto* refusal = std::get_if<Refusal>(&answer)) {
            done(std::move(*refusal));
        } else if (++rounds > rounds_max) {
            done(Refusal{wire::Code::busy,
                         "Other sessions of the same client keep replacing this one. Try again later."});
        } else {
            const auto& superseding = std::get<Superseding>(answer);
            evict_all(superseding.older, wire::Code::superseded,
                      superseding.evicts_detached
                          ? "It had no connection, and the token has reached its limit of sessions."
                          : "A newer session of the same client replaced this one.",
                      [self = shared_from_this()] { self->request(); });
        }
    }
};

struct Claiming : std::enable_shared_from_this<Claiming> {
    std::shared_ptr<Registry> registry;
    SessionKey session = 0;
    std::uint32_t service = 0;
    std::vector<ClaimName> names;
    std::optional<ClientId> group;
    TimePoint now{};
    TakeoverDone done;
    std::size_t granted = 0;  // how many of them, from the front
    int rounds = 0;

    void request() {
        while (granted < names.size()) {
            ClaimAnswer answer = registry->claim(session, service, names[granted], now, group);
            if (std::holds_alternative<Granted>(answer)) {
                ++granted;
                rounds = 0;
            } else if (auto* refusal = std::get_if<Refusal>(&answer)) {
                done(std::move(*refusal));
                return;
            } else if (auto& contested = std::get<Contested>(answer); ++rounds > rounds_max) {
                done(Refusal{contested.if_alive.code,
                             "Other clients keep claiming " + text_of_name() + ". Try again later."});
                return;
            } else {
                probe(contested);
                return;
            }
        }
        done(std::nullopt);
    }

    void probe(Contested& contested) {
        probe_all(contested.holders, [self = shared_from_this(), holders = contested.holders,
                                      refusal = std::move(contested.if_alive)](bool alive) mutable {
            if (alive) {
                self->done(std::move(refusal));
                return;
            }
            evict_all(
                holders, wire::Code::superseded,
                "Another client with the same token took over " + self->text_of_name() + " while this one was silent.",
                [self] { self->request(); });
        });
    }

    std::string text_of_name() const {
        const ClaimName& name = names[granted];
        if (!name.is_port()) {
            return name.host;
        }
        return (name.transport == Transport::udp ? "public UDP port " : "public port ") + std::to_string(name.port);
    }
};

}  // namespace

void admit_with_takeover(std::shared_ptr<Registry> registry, SessionInfo info, std::shared_ptr<SessionHandle> handle,
                         TakeoverDone done) {
    auto admission = std::make_shared<Admission>();
    admission->registry = std::move(registry);
    admission->info = std::move(info);
    admission->handle = std::move(handle);
    admission->done = std::move(done);
    admission->request();
}

void claim_with_takeover(std::shared_ptr<Registry> registry, SessionKey session, std::uint32_t service,
                         std::vector<ClaimName> names, const std::optional<ClientId>& group, TimePoint now,
                         TakeoverDone done) {
    auto claiming = std::make_shared<Claiming>();
    claiming->registry = std::move(registry);
    claiming->session = session;
    claiming->service = service;
    claiming->names = std::move(names);
    claiming->group = group;
    claiming->now = now;
    claiming->done = std::move(done);
    claiming->request();
}

}  // namespace ferrotunnel::directory
