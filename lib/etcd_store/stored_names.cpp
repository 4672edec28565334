#include "etcd_store/stored_names.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "etcd_store/limits.hpp"
#include "etcd_store/mutant.hpp"

namespace ferrotunnel::etcd_store {
namespace {

using cluster::StoreAnswer;
using TransactionResult = Result<etcd::TransactionAnswer, etcd::Fault>;

// Of several claims together; each of them may be accepted.
bool is_refused(const etcd::Fault& fault) noexcept {
    return fault.kind == etcd::Fault::Kind::too_large || fault.kind == etcd::Fault::Kind::rejected;
}

bool is_port(const cluster::Name& name) {
    return name.kind() == cluster::Name::Kind::tcp_port || name.kind() == cluster::Name::Kind::udp_port;
}

}  // namespace

StoredNames::StoredNames(Calls& calls, Random& random, const std::string& prefix, const std::string& member,
                         Handlers handlers)
    : calls_(calls),
      handlers_(std::move(handlers)),
      random_(random),
      keys_(prefix, member),
      live_(calls, random, limits::live_time, {[this] { lease_changed(); }, [this] { lease_lost(); }}),
      hosts_(calls, random, limits::host_reserved_for, {[this] { lease_changed(); }, [this] { lease_lost(); }}),
      ports_(calls, random, limits::port_reserved_for, {[this] { lease_changed(); }, [this] { lease_lost(); }}) {}

void StoredNames::start() {
    live_.start();
    hosts_.start();
    ports_.start();
    ask_revision_at_ = calls_.now() + limits::revision_time;
}

void StoredNames::claim(const cluster::StoreClaim& claim) {
    if (!problem_.empty()) {
        handlers_.answered(claim.request, {StoreAnswer::Kind::unavailable, problem_});
        return;
    }
    queues_.add({true, {claim.name, claim.owner, claim.terms}, claim.request, claim.is_held, claim.follows});
    advance_at_ = calls_.now();
}

void StoredNames::release(const cluster::StoreRelease& release) {
    Operation operation{false, {release.name, release.owner, release.terms}};
    operation.reserved_for = release.reserved_for;
    operation.live = live_.id();
    queues_.add(std::move(operation));
    advance_at_ = calls_.now();
}

void StoredNames::tick() {
    for (LeaseKeeper* const lease : {&live_, &hosts_, &ports_}) {
        lease->tick();
    }
    if (ask_revision_at_ <= calls_.now()) {
        ask_revision();
    }
    if (advance_at_ <= calls_.now()) {
        advance();
    }
}

// --- leases ----------------------------------------------------------------------------------------------------------

// What has cost one lease may have cost all, also those of which etcd hears only each third of a day; and what was put
// with them, and is not claimed again, ends with them.
void StoredNames::lease_lost() {
    ++generation_;
    has_lost_ = true;
    release_leases_.clear();
    replace_leases();
}

void StoredNames::replace_leases() {
    for (LeaseKeeper* const lease : {&live_, &hosts_, &ports_}) {
        lease->replace();
    }
}

void StoredNames::lease_changed() {
    std::string problem = present_problem();
    if (problem == problem_) {
        return;
    }
    problem_ = std::move(problem);
    advance_at_ = calls_.now();
    if (problem_.empty() && std::exchange(has_lost_, false)) {
        handlers_.lost();
    }
    handlers_.problem(problem_);
    if (!problem_.empty()) {
        for (const std::uint64_t request : queues_.take_waiting_claims()) {
            handlers_.answered(request, {StoreAnswer::Kind::unavailable, problem_});
        }
    }
}

std::string StoredNames::present_problem() const {
    for (const LeaseKeeper* const lease : {&live_, &hosts_, &ports_}) {
        if (!lease->is_good(calls_.now())) {
            return lease->problem().empty() ? "it has not answered yet" : lease->problem();
        }
    }
    return refused_;
}

// Answers about leases have the revision of a member that may lag behind.
void StoredNames::ask_revision() {
    ask_revision_at_ = never;
    const bool is_attempt = !refused_.empty();
    calls_.transact(is_attempt ? keys_.attempt(live_.id()) : keys_.look(),
                    [this, is_attempt, sent_at = seen_](const TransactionResult& answer) {
                        ask_revision_at_ = calls_.now() + limits::revision_time;
                        if (!answer) {
                            return note_refusal(answer.error());
                        }
                        see(answer->header, sent_at);
                        if (is_attempt) {
                            refused_.clear();
                            lease_changed();
                        }
                    });
}

// Leases need neither a right nor space.
void StoredNames::note_refusal(const etcd::Fault& fault) {
    if (fault.kind == etcd::Fault::Kind::forbidden || fault.kind == etcd::Fault::Kind::no_space) {
        refused_ = fault.text;
        lease_changed();
    }
}

// Of a linearizable answer, whose call was sent when `sent_at` had been seen.
void StoredNames::see(const etcd::Header& header, etcd::Revision sent_at) {
    const bool is_other = cluster_ != 0 && header.cluster != cluster_;
    const bool is_older = header.revision < sent_at;
    cluster_ = header.cluster;
    seen_ = is_other || is_older ? header.revision : std::max(seen_, header.revision);
    if ((is_other || is_older) && !mutant(Mutant::backward_revision)) {
        release_leases_.clear();
        replace_leases();
    }
}

// --- operations ------------------------------------------------------------------------------------------------------

// Releases wait until etcd can be asked.
void StoredNames::advance() {
    while (problem_.empty()) {
        const Operation* const release = queues_.next_release(calls_.now());
        if (release == nullptr) {
            break;
        }
        run_release(*release);
    }
    for (auto claims = queues_.next_claims(calls_.now()); !claims.empty(); claims = queues_.next_claims(calls_.now())) {
        run_claims(claims);
    }
    advance_at_ = queues_.next_deadline();
}

// --- claims ----------------------------------------------------------------------------------------------------------

void StoredNames::run_claims(const std::vector<Operation*>& operations) {
    std::vector<cluster::Name> names;
    std::vector<LeasedClaim> claims;
    for (Operation* const operation : operations) {
        operation->live = live_.id();
        names.push_back(operation->claimed.name);
        claims.push_back({&operation->claimed, (is_port(names.back()) ? ports_ : hosts_).id()});
    }
    if (!problem_.empty()) {
        queues_.claims_answered();
        return finish_claims(names, {StoreAnswer::Kind::unavailable, problem_});
    }
    calls_.transact(claims.size() == 1 ? keys_.claim(*claims[0].claimed, live_.id(), claims[0].reserving)
                                       : keys_.claims(claims, live_.id()),
                    [this, names, generation = generation_, sent_at = seen_](const TransactionResult& answer) {
                        claimed(names, generation, answer, sent_at);
                    });
}

void StoredNames::claimed(const std::vector<cluster::Name>& names, std::uint64_t generation,
                          const TransactionResult& answer, etcd::Revision sent_at) {
    queues_.claims_answered();
    if (answer) {
        see(answer->header, sent_at);
    }
    advance_at_ = calls_.now();
    if (answer && generation != generation_ && !mutant(Mutant::old_answer)) {
        claims_failed(names, {etcd::Fault::Kind::unavailable, "it has lost this member's lease"});
    } else if (names.size() == 1 && answer) {
        decided(names.front(), *answer);
    } else if (answer && answer->succeeded) {
        finish_claims(names, {StoreAnswer::Kind::granted, {}});
    } else if (names.size() > 1 && (answer || is_refused(answer.error()))) {
        std::for_each(names.rbegin(), names.rend(), [this](const cluster::Name& name) { queues_.again_alone(name); });
    } else {
        claims_failed(names, answer.error());
    }
}

void StoredNames::decided(const cluster::Name& name, const etcd::TransactionAnswer& answer) {
    Operation& operation = queues_.running(name);
    const StoreAnswer decision = ClaimKeys::answer_of(operation.claimed, answer);
    if (decision.kind == StoreAnswer::Kind::other_owner && operation.follows && !queues_.is_released(name) &&
        ++operation.attempts < limits::follow_attempts_max) {
        queues_.again_behind(name, calls_.now() + limits::follow_time);
    } else {
        finish_claims({name}, decision);
    }
}

// The claims may be there nevertheless. One to which nothing else refers is released, before anything else is asked
// about the name.
void StoredNames::claims_failed(const std::vector<cluster::Name>& names, const etcd::Fault& fault) {
    if (fault.kind == etcd::Fault::Kind::lease_missing) {
        live_.check();
        hosts_.check();
        ports_.check();
    }
    for (const cluster::Name& name : names) {
        const Operation& operation = queues_.running(name);
        if (!operation.is_held && etcd::may_be_done(fault) && !mutant(Mutant::unanswered_kept)) {
            Operation release{false, operation.claimed};
            release.live = operation.live;
            queues_.add(std::move(release));
        }
    }
    finish_claims(names, {StoreAnswer::Kind::unavailable, fault.text});
    note_refusal(fault);
}

void StoredNames::finish_claims(const std::vector<cluster::Name>& names, const StoreAnswer& answer) {
    for (const cluster::Name& name : names) {
        handlers_.answered(queues_.finished(name).request, answer);
    }
}

// --- releases --------------------------------------------------------------------------------------------------------

void StoredNames::run_release(const Operation& operation) {
    calls_.transact(keys_.release(operation.claimed, operation.live),
                    [this, operation, sent_at = seen_](const TransactionResult& answer) {
                        if (!answer) {
                            return release_failed(operation);
                        }
                        see(answer->header, sent_at);
                        reserve(operation);
                    });
}

void StoredNames::reserve(const Operation& operation) {
    const auto time = std::chrono::ceil<std::chrono::seconds>(operation.reserved_for);
    if (time <= std::chrono::seconds::zero()) {
        return reserve_with(operation, 0);
    }
    if (const auto lease = release_leases_.find(time, calls_.now())) {
        return reserve_with(operation, *lease);
    }
    const etcd::LeaseId lease = random_lease(random_);
    calls_.grant(
        lease, ReleaseLeases::granted_for(time),
        [this, operation, time, lease, sent = calls_.now()](const Result<etcd::LeaseAnswer, etcd::Fault>& answer) {
            if (!answer && answer.error().kind != etcd::Fault::Kind::lease_exists) {
                return release_failed(operation);
            }
            release_leases_.add(time, lease, sent);
            reserve_with(operation, lease);
        });
}

void StoredNames::reserve_with(const Operation& operation, etcd::LeaseId lease) {
    calls_.transact(keys_.reserve(operation.claimed, lease),
                    [this, operation, sent_at = seen_](const TransactionResult& answer) {
                        if (!answer) {
                            release_leases_.clear();  // one of them may have ended
                            return release_failed(operation);
                        }
                        see(answer->header, sent_at);
                        (void)queues_.finished(operation.claimed.name);
                        advance_at_ = calls_.now();
                    });
}

void StoredNames::release_failed(const Operation& operation) {
    const cluster::Name& name = operation.claimed.name;
    unsigned& attempts = queues_.running(name).attempts;
    attempts = std::min(attempts + 1, limits::release_pauses_max);
    queues_.again_at(name, calls_.now() + attempts * limits::again_time);
    advance_at_ = calls_.now();
}

}  // namespace ferrotunnel::etcd_store
