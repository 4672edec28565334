// A cluster of which this server is the only member that is not simulated: it decides at once, or when the test says
// so.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "directory/cluster_claims.hpp"

namespace ferrotunnel::session::test {

/// Thread-safe. Grants what nobody has, or what the same owner has with the same terms.
class FakeCluster final : public directory::ClusterClaims, public std::enable_shared_from_this<FakeCluster> {
public:
    using Refusal = directory::Refusal;
    struct Released {
        std::vector<directory::ClaimName> names;
        std::string private_service;
        Duration reserved{};
    };

    std::unique_ptr<directory::ClusterClaim> claim(Request request, Handlers handlers) override {
        std::optional<Refusal> refusal;
        std::uint64_t number = 0;
        {
            const MutexLock lock(mutex_);
            number = ++last_;
            refusal = why_not(request);
            claims_.emplace(number, Held{std::move(request), handlers, refusal.has_value()});
            asked_.push_back(number);
        }
        if (!waits) {
            handlers.decided(refusal);
        }
        return std::make_unique<Claim>(shared_from_this(), number);
    }
    void set_readiness(const std::vector<directory::ClaimName>& names, Readiness readiness) override {
        const MutexLock lock(mutex_);
        for (const directory::ClaimName& name : names) {
            readiness_.emplace_back(name, readiness);
        }
    }
    bool is_taken(const directory::ClaimName& name) const override { return taken && taken(name); }

    // What the test sees.
    std::size_t asked() const {
        const MutexLock lock(mutex_);
        return asked_.size();
    }
    /// Claims that have not ended.
    std::size_t present() const {
        const MutexLock lock(mutex_);
        return claims_.size();
    }
    Request request(std::size_t at) const {
        const MutexLock lock(mutex_);
        return claims_.at(asked_.at(at)).request;
    }
    std::vector<Released> released() const {
        const MutexLock lock(mutex_);
        return released_;
    }
    std::vector<std::pair<directory::ClaimName, Readiness>> readiness() const {
        const MutexLock lock(mutex_);
        return readiness_;
    }

    // What the test says, about the claim that was asked for as number `at`.
    void decide(std::size_t at, std::optional<Refusal> refusal = std::nullopt) { handlers(at).decided(refusal); }
    void revoke(std::size_t at) {
        const Handlers found = handlers(at);
        {
            const MutexLock lock(mutex_);
            claims_.at(asked_.at(at)).is_over = true;
        }
        found.revoked(taken_by_other(request(at)));
    }
    Handlers handlers(std::size_t at) const {
        const MutexLock lock(mutex_);
        return claims_.at(asked_.at(at)).handlers;
    }

    /// Set before the first claim: answers come from decide(), and every name can be granted.
    bool waits = false;
    /// Names that other members have.
    std::function<bool(const directory::ClaimName&)> taken;
    /// Names that other members have, without is_taken() knowing it yet.
    std::function<bool(const directory::ClaimName&)> lost;

private:
    struct Held {
        Request request;
        Handlers handlers;
        bool is_over = false;  // refused, or revoked
        Duration reserved{};
    };
    class Claim final : public directory::ClusterClaim {
    public:
        Claim(std::shared_ptr<FakeCluster> of, std::uint64_t number) : of_(std::move(of)), number_(number) {}
        ~Claim() override {
            decltype(of_->claims_)::node_type ended;  // the handlers may have the last reference to a session
            const MutexLock lock(of_->mutex_);
            ended = of_->claims_.extract(number_);
            const Held& held = ended.mapped();
            of_->released_.push_back({held.request.names, held.request.private_service, held.reserved});
        }
        void reserve_for(Duration time) noexcept override {
            const MutexLock lock(of_->mutex_);
            of_->claims_.at(number_).reserved = time;
        }

    private:
        const std::shared_ptr<FakeCluster> of_;
        const std::uint64_t number_;
    };

    static Refusal taken_by_other(const Request& request) {
        const bool is_port = !request.names.empty() && request.names.front().is_port();
        return {is_port ? wire::Code::port_taken : wire::Code::name_taken, "Another member has it."};
    }
    std::optional<Refusal> why_not(const Request& wanted) const REQUIRES(mutex_) {
        for (const auto& [number, held] : claims_) {
            const bool is_other = held.request.owner != wanted.owner || held.request.terms != wanted.terms;
            for (const directory::ClaimName& name : held.request.names) {
                const bool has = std::count(wanted.names.begin(), wanted.names.end(), name) != 0;
                if (!waits && !held.is_over && is_other && has) {
                    return taken_by_other(wanted);
                }
            }
        }
        const bool is_lost = lost && std::any_of(wanted.names.begin(), wanted.names.end(), lost);
        return is_lost ? std::optional(taken_by_other(wanted)) : std::nullopt;
    }

    mutable Mutex mutex_;
    std::uint64_t last_ GUARDED_BY(mutex_) = 0;
    std::map<std::uint64_t, Held> claims_ GUARDED_BY(mutex_);
    std::vector<std::uint64_t> asked_ GUARDED_BY(mutex_);
    std::vector<Released> released_ GUARDED_BY(mutex_);
    std::vector<std::pair<directory::ClaimName, Readiness>> readiness_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::session::test
