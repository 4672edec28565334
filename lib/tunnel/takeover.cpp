#include "tunnel/takeover.hpp"

#include <atomic>
#include <utility>

namespace ferrotunnel::tunnel {
namespace {

// Others compete for the same name: after this many evictions that brought nothing, the newcomer gives up.
constexpr int rounds_max = 4;

struct Admission : std::enable_shared_from_this<Admission> {
    std::shared_ptr<Registry> registry;
    SessionInfo info;
    std::shared_ptr<SessionHandle> handle;
    TakeoverDone done;
    int rounds = 0;
    std::atomic<std::size_t> waiting{0};

    void ask() {
        AdmitAnswer answer = registry->admit(info, handle);
        if (std::holds_alternative<Admitted>(answer)) {
            done(std::nullopt);
        } else if (auto* refusal = std::get_if<Refusal>(&answer)) {
            done(std::move(*refusal));
        } else if (++rounds > rounds_max) {
            done(Refusal{wire::Code::busy,
                         "Other sessions of the same client keep taking over. Trying later may work."});
        } else {
            evict(std::get<Superseding>(answer));
        }
    }

    void evict(const Superseding& superseding) {
        // Counted in full before the first eviction, which may answer at once.
        waiting = superseding.older.size();
        for (const auto& older : superseding.older) {
            older->evict(wire::Code::superseded, "A newer session of the same client took over.",
                         [self = shared_from_this()] {
                             if (--self->waiting == 0) {
                                 self->ask();
                             }
                         });
        }
    }
};

struct Claiming : std::enable_shared_from_this<Claiming> {
    std::shared_ptr<Registry> registry;
    SessionKey session = 0;
    std::uint32_t service = 0;
    std::uint16_t port = 0;
    TimePoint now{};
    TakeoverDone done;
    int rounds = 0;

    void ask() {
        ClaimAnswer answer = registry->claim(session, service, port, now);
        if (std::holds_alternative<Granted>(answer)) {
            done(std::nullopt);
        } else if (auto* refusal = std::get_if<Refusal>(&answer)) {
            done(std::move(*refusal));
        } else if (auto& contested = std::get<Contested>(answer); ++rounds > rounds_max) {
            done(std::move(contested.if_alive));
        } else {
            probe(contested);
        }
    }

    void probe(Contested& contested) {
        auto holder = contested.holder;
        holder->probe([self = shared_from_this(), holder, refusal = std::move(contested.if_alive)](bool alive) mutable {
            if (alive) {
                self->done(std::move(refusal));
                return;
            }
            holder->evict(wire::Code::superseded,
                          "Another client with the same token took over public port " + std::to_string(self->port) +
                              " while this one was silent.",
                          [self] { self->ask(); });
        });
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
    admission->ask();
}

void claim_with_takeover(std::shared_ptr<Registry> registry, SessionKey session, std::uint32_t service,
                         std::uint16_t port, TimePoint now, TakeoverDone done) {
    auto claiming = std::make_shared<Claiming>();
    claiming->registry = std::move(registry);
    claiming->session = session;
    claiming->service = service;
    claiming->port = port;
    claiming->now = now;
    claiming->done = std::move(done);
    claiming->ask();
}

}  // namespace ferrotunnel::tunnel
