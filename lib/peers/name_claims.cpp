#include "peers/name_claims.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>

namespace ferrotunnel::peers {
namespace {

using directory::Refusal;

void append_effects(cluster::Effects& effects, cluster::Effects more) {
    effects.insert(effects.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
}

cluster::Readiness register_readiness(directory::ClusterClaims::Readiness readiness) noexcept {
    using Readiness = directory::ClusterClaims::Readiness;
    switch (readiness) {
        case Readiness::ready:
            return cluster::Readiness::ready;
        case Readiness::standby:
            return cluster::Readiness::standby;
        case Readiness::unhealthy:
            return cluster::Readiness::unhealthy;
        case Readiness::draining:
            break;
    }
    return cluster::Readiness::draining;
}

// A claim's probe: the client answers if one of its sessions does. The register ends a probe without an answer itself.
struct ProbeCount {
    ProbeCount(std::shared_ptr<RegisterDriver> names_in, std::uint64_t probe_in, std::size_t open_in)
        : names(std::move(names_in)), probe(probe_in), open(open_in) {}

    void answer(bool alive) {
        const bool is_first_alive = alive && !any_alive.exchange(true);
        const bool is_last = open.fetch_sub(1) == 1;
        if (is_first_alive || (is_last && !any_alive)) {
            names->update([&](cluster::Register& to, TimePoint now) { return to.probed(probe, alive, now); });
        }
    }

    const std::shared_ptr<RegisterDriver> names;
    const std::uint64_t probe;
    std::atomic<std::size_t> open;
    std::atomic<bool> any_alive{false};
};

}  // namespace

class NameClaims::Handle final : public directory::ClusterClaim {
public:
    Handle(std::shared_ptr<NameClaims> claims, std::shared_ptr<Asked> asked)
        : claims_(std::move(claims)), asked_(std::move(asked)) {}
    ~Handle() override {
        if (asked_) {
            claims_->destroyed(*asked_, reserved_for_);
        }
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    void reserve_for(Duration time) noexcept override { reserved_for_ = time; }

private:
    const std::shared_ptr<NameClaims> claims_;
    const std::shared_ptr<Asked> asked_;  // null: refused before the register was asked
    Duration reserved_for_{};
};

// --- from sessions ---------------------------------------------------------------------------------------------------

std::unique_ptr<directory::ClusterClaim> NameClaims::claim(Request request, Handlers handlers) {
    Result<std::vector<OwnedName>, Refusal> names = owned_names(request);
    if (!names || names->empty()) {
        auto handle = std::make_unique<Handle>(shared_from_this(), nullptr);
        handlers.decided(names ? std::nullopt : std::optional(names.error()));
        return handle;
    }
    std::shared_ptr<Asked> asked = enter(*names, std::move(handlers));
    auto handle = std::make_unique<Handle>(shared_from_this(), asked);
    ask(*asked, *names);
    return handle;
}

std::shared_ptr<NameClaims::Asked> NameClaims::enter(const std::vector<OwnedName>& names, Handlers handlers) {
    const auto asked = std::make_shared<Asked>();
    asked->handlers = std::move(handlers);
    asked->waiting = names.size();
    const MutexLock lock(mutex_);
    for (const OwnedName& one : names) {
        asked->claims.push_back(++last_);
        parts_.emplace(last_, Part{asked, one});
        by_name_.emplace(one.name, last_);
    }
    return asked;
}

// In one call, so that no answer interrupts it.
void NameClaims::ask(const Asked& asked, const std::vector<OwnedName>& names) {
    names_->update([&](cluster::Register& to, TimePoint now) {
        cluster::Effects effects;
        for (std::size_t i = 0; i < names.size(); ++i) {
            append_effects(effects, to.claim(asked.claims[i], names[i].name, names[i].owner, names[i].terms, now));
        }
        return effects;
    });
}

void NameClaims::set_readiness(const std::vector<directory::ClaimName>& names, Readiness readiness) {
    names_->update([&](cluster::Register& to, TimePoint) {
        cluster::Effects effects;
        for (const directory::ClaimName& name : names) {
            if (const auto known = register_name(name)) {
                append_effects(effects, to.set_readiness(*known, register_readiness(readiness)));
            }
        }
        return effects;
    });
}

bool NameClaims::is_taken(const directory::ClaimName& name) const {
    const auto known = register_name(name);
    if (!known) {
        return true;  // no client can have it in this cluster
    }
    return names_->read([&](const cluster::Register& names, TimePoint now) {
        bool is_own = false;
        bool is_others = false;
        names.table().for_each_of_root(*known, [&](const cluster::ClaimTable::Entry& entry) {
            (entry.member == names_->members().own() ? is_own : is_others) = true;
        });
        // Without entries the root's token is that of a reservation.
        return is_others || names.table().reservation(*known, now) ||
               (!is_own && names.table().token_of_root(*known, now));
    });
}

// --- from the register -----------------------------------------------------------------------------------------------

void NameClaims::on_granted(const cluster::ClaimGranted& granted) {
    std::function<void(std::optional<Refusal>)> decided;
    {
        const MutexLock lock(mutex_);
        const auto found = parts_.find(granted.claim);
        if (found == parts_.end()) {
            return;  // destroyed meanwhile
        }
        found->second.is_granted = true;
        Asked& asked = *found->second.of;
        if (--asked.waiting == 0) {
            decided = std::exchange(asked.handlers.decided, nullptr);
        }
    }
    if (decided) {
        decided(std::nullopt);
    }
}

void NameClaims::on_refused(const cluster::ClaimRefused& refused) {
    std::shared_ptr<Asked> asked;
    {
        const MutexLock lock(mutex_);
        const auto found = parts_.find(refused.claim);
        if (found == parts_.end()) {
            return;
        }
        asked = found->second.of;
    }
    refuse(asked, refusal_of(refused));
}

// Claims that were granted after this have not been reported as granted yet: they are another owner's turn of the name.
void NameClaims::on_revoked(const cluster::Revoked& revoked) {
    for (const std::shared_ptr<Asked>& asked : granted(revoked.name, revoked.owner, false)) {
        revoke(asked, refusal_of(revoked));
    }
}

void NameClaims::on_probe(const cluster::ProbeClient& probe) {
    std::vector<std::function<void(std::function<void(bool)>)>> probes;
    const Found found = granted(probe.name, probe.owner, true);
    {
        const MutexLock lock(mutex_);
        for (const std::shared_ptr<Asked>& asked : found) {
            if (asked->handlers.probe) {
                probes.push_back(asked->handlers.probe);
            }
        }
    }
    const auto count = std::make_shared<ProbeCount>(names_, probe.probe, std::max<std::size_t>(probes.size(), 1));
    if (probes.empty()) {
        count->answer(false);
    }
    for (const auto& ask : probes) {
        ask([count](bool alive) { count->answer(alive); });
    }
}

// The requests that were granted this name. Without `keeps` they lose it.
NameClaims::Found NameClaims::granted(const cluster::Name& name, const cluster::Owner& owner, bool keeps) {
    Found found;
    const MutexLock lock(mutex_);
    const auto [first, last] = by_name_.equal_range(name);
    for (auto at = first; at != last; ++at) {
        Part& part = parts_.at(at->second);
        if (part.is_granted && part.what.owner == owner) {
            part.is_granted = keeps;
            found.push_back(part.of);
        }
    }
    return found;
}

// --- ends ------------------------------------------------------------------------------------------------------------

void NameClaims::revoke(const std::shared_ptr<Asked>& asked, Refusal why) {
    std::function<void(Refusal)> revoked;
    {
        const MutexLock lock(mutex_);
        if (asked->waiting == 0) {
            revoked = std::exchange(asked->handlers.revoked, nullptr);
        }
    }
    if (revoked) {
        revoked(std::move(why));
    } else {
        refuse(asked, std::move(why));
    }
}

// Does nothing if it is decided already.
void NameClaims::refuse(const std::shared_ptr<Asked>& asked, Refusal why) {
    std::function<void(std::optional<Refusal>)> decided;
    {
        const MutexLock lock(mutex_);
        if (!asked->handlers.decided || !remove(*asked)) {
            return;
        }
        decided = std::exchange(asked->handlers.decided, nullptr);
    }
    give_back(asked->claims, Duration::zero());
    decided(std::move(why));
}

void NameClaims::destroyed(Asked& asked, Duration reserved_for) {
    Handlers handlers;  // destroyed without the lock: they may hold the session
    {
        const MutexLock lock(mutex_);
        std::swap(handlers, asked.handlers);
        if (!remove(asked)) {
            return;
        }
    }
    give_back(asked.claims, reserved_for);
}

// False if it is over already.
bool NameClaims::remove(Asked& asked) {
    if (std::exchange(asked.is_over, true)) {
        return false;
    }
    for (const cluster::ClaimId claim : asked.claims) {
        const auto part = parts_.find(claim);
        const auto [first, last] = by_name_.equal_range(part->second.what.name);
        by_name_.erase(std::find_if(first, last, [claim](const auto& one) { return one.second == claim; }));
        parts_.erase(part);
    }
    return true;
}

void NameClaims::give_back(const std::vector<cluster::ClaimId>& claims, Duration reserved_for) {
    names_->update([&](cluster::Register& to, TimePoint now) {
        cluster::Effects effects;
        for (const cluster::ClaimId claim : claims) {
            append_effects(effects, to.release(claim, reserved_for, now));
        }
        return effects;
    });
}

}  // namespace ferrotunnel::peers
