#include "login/authenticator.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "base/check.hpp"
#include "login/connection_limiter.hpp"

namespace ferrotunnel::login {
namespace {

constexpr const char* dropped_text = "the query was dropped without an answer";
constexpr const char* revoked_text = "the token was revoked during the query";
constexpr const char* other_id_text = "the secret in the answer has a different id";
constexpr const char* too_many_text = "too many logins are waiting for a look-up";

}  // namespace

// --- the answer ---

TokenReply& TokenReply::operator=(TokenReply&& other) noexcept {
    if (this != &other) {
        fail(dropped_text);
        to_ = std::move(other.to_);
        call_ = std::exchange(other.call_, 0);
    }
    return *this;
}

TokenReply::~TokenReply() {
    fail(dropped_text);
}

// If memory runs out, the deadline ends the call.
void TokenReply::accept(TokenGrant grant) noexcept {
    const std::uint64_t call = std::exchange(call_, 0);
    if (const auto to = call != 0 ? to_.lock() : nullptr) {
        try {
            to->accepted(call, grant);
        } catch (const std::exception&) {
        }
    }
}

void TokenReply::refuse() noexcept {
    const std::uint64_t call = std::exchange(call_, 0);
    if (const auto to = call != 0 ? to_.lock() : nullptr) {
        try {
            to->refused(call);
        } catch (const std::exception&) {
        }
    }
}

void TokenReply::fail(std::string why) noexcept {
    const std::uint64_t call = std::exchange(call_, 0);
    if (const auto to = call != 0 ? to_.lock() : nullptr) {
        try {
            to->failed(call, std::move(why));
        } catch (const std::exception&) {
        }
    }
}

bool TokenReply::is_wanted() const noexcept {
    const auto to = call_ != 0 ? to_.lock() : nullptr;
    return to && to->is_wanted(call_);
}

Authenticator::Ticket::~Ticket() {
    if (const auto of = of_.lock()) {
        of->leave(call_);
    }
}

// --- queries ---

Authenticator::Authenticator(std::shared_ptr<ExternalTokens> tokens, Settings settings)
    : tokens_(std::move(tokens)), settings_(std::move(settings)) {
    check(settings_.calls_max > 0 && settings_.calls_per_address_max > 0, "some calls are possible");
}

Authenticator::~Authenticator() = default;

void Authenticator::set_source(std::shared_ptr<TokenSource> source) {
    const MutexLock lock(mutex_);
    if (source) {
        source_kind_.store(source->kind(), std::memory_order_release);
    }
    has_source_.store(source != nullptr, std::memory_order_release);
    source_.swap(source);
}

std::unique_ptr<Authenticator::Ticket> Authenticator::ask(TokenQuery query, Run run, Done done) {
    Steps steps;
    std::unique_ptr<Ticket> ticket;
    bool must_wake = false;
    {
        const MutexLock lock(mutex_);
        Call call{std::move(query), std::move(run), std::move(done)};
        if (!source_) {
            steps.done.emplace_back(std::move(call.done), Result{});
        } else if (calls_.size() - begun_ >= settings_.waiting_max) {
            fail(call, too_many_text, steps);
        } else {
            const std::uint64_t number = ++last_number_;
            ticket = std::make_unique<Ticket>(weak_from_this(), number);
            call.address = network_of(call.query.from);
            call.answer_by = settings_.now() + settings_.deadline;
            calls_.emplace(number, std::move(call));
            begin_waiting(steps);
            must_wake = !std::exchange(is_watched_, true) && settings_.wake;
        }
    }
    if (must_wake) {
        settings_.wake();
    }
    perform(std::move(steps));
    return ticket;
}

// An address without a free place does not hold up the others.
void Authenticator::begin_waiting(Steps& steps) {
    if (calls_.size() == begun_) {
        return;
    }
    for (auto& [number, call] : calls_) {
        if (begun_ >= settings_.calls_max) {
            return;
        }
        if (call.is_begun) {
            continue;
        }
        std::size_t& of_address = begun_of_[call.address];
        if (of_address >= settings_.calls_per_address_max) {
            continue;
        }
        steps.begun.emplace_back(number, call.run);
        call.is_begun = true;
        call.epoch = tokens_->epoch();
        call.place_until = settings_.now() + settings_.deadline;
        ++of_address;
        ++begun_;
    }
}

void Authenticator::end_call(Calls::iterator call) {
    if (call->second.is_begun) {
        --begun_;
        if (const auto of = begun_of_.find(call->second.address); --of->second == 0) {
            begun_of_.erase(of);
        }
    }
    calls_.erase(call);
}

void Authenticator::fail(Call& call, std::string why, Steps& steps) {
    if (call.done) {
        steps.done.emplace_back(std::exchange(call.done, nullptr),
                                Result{tokens_->lent(call.query.id, settings_.now(), true), std::move(why)});
    }
}

void Authenticator::perform(Steps steps) {
    while (!steps.done.empty() || !steps.begun.empty()) {
        const Steps now = std::exchange(steps, {});
        for (const auto& [done, result] : now.done) {
            done(result);
        }
        for (const auto& [number, run] : now.begun) {
            if (run([self = shared_from_this(), number = number] { self->call_source(number); })) {
                continue;
            }
            Done done;                     // destroyed without the lock, as in leave()
            const MutexLock lock(mutex_);  // its worker has stopped
            if (const auto call = calls_.find(number); call != calls_.end()) {
                done.swap(call->second.done);
                end_call(call);
                begin_waiting(steps);
            }
        }
    }
}

void Authenticator::call_source(std::uint64_t number) {
    std::shared_ptr<TokenSource> source;
    TokenQuery query;
    {
        const MutexLock lock(mutex_);
        const auto call = calls_.find(number);
        if (call == calls_.end()) {
            return;
        }
        source = source_;
        query = call->second.query;
    }
    TokenReply reply(weak_from_this(), number);
    if (!source) {
        reply.fail("the server no longer looks up tokens");
        return;
    }
    try {
        source->look_up(query, std::move(reply));
    } catch (...) {  // the reply was dropped by it
        failed(number, "the source threw an exception");
    }
}

// --- answers ---

void Authenticator::accepted(std::uint64_t number, const TokenGrant& grant) {
    Steps steps;
    {
        const MutexLock lock(mutex_);
        const auto found = calls_.find(number);
        if (found == calls_.end()) {
            return;
        }
        Call& call = found->second;
        if (call.is_revoked) {
            fail(call, revoked_text, steps);
        } else if (grant.token.id != call.query.id) {
            fail(call, other_id_text, steps);
        } else if (call.done) {
            steps.done.emplace_back(std::exchange(call.done, nullptr), Result{tokens_->offer(grant, call.epoch)});
        }
        end_call(found);
        begin_waiting(steps);
    }
    perform(std::move(steps));
}

void Authenticator::refused(std::uint64_t number) {
    Steps steps;
    {
        const MutexLock lock(mutex_);
        const auto found = calls_.find(number);
        if (found == calls_.end()) {
            return;
        }
        tokens_->refused(found->second.query.id);
        if (found->second.done) {
            steps.done.emplace_back(std::exchange(found->second.done, nullptr), Result{});
        }
        end_call(found);
        begin_waiting(steps);
    }
    perform(std::move(steps));
}

void Authenticator::failed(std::uint64_t number, std::string why) {
    Steps steps;
    {
        const MutexLock lock(mutex_);
        const auto found = calls_.find(number);
        if (found == calls_.end()) {
            return;
        }
        fail(found->second, std::move(why), steps);
        end_call(found);
        begin_waiting(steps);
    }
    perform(std::move(steps));
}

bool Authenticator::is_wanted(std::uint64_t number) const {
    const MutexLock lock(mutex_);
    const auto call = calls_.find(number);
    return call != calls_.end() && call->second.done;
}

// A call that was made keeps its place: the source still works on it.
void Authenticator::leave(std::uint64_t number) {
    Done done;  // may hold the last reference to a session: not with the lock
    const MutexLock lock(mutex_);
    const auto call = calls_.find(number);
    if (call == calls_.end()) {
        return;
    }
    done.swap(call->second.done);
    if (!call->second.is_begun) {
        end_call(call);
    }
}

bool Authenticator::revoke(const TokenId& id) {
    const MutexLock lock(mutex_);
    for (auto& [number, call] : calls_) {
        call.is_revoked = call.is_revoked || (call.is_begun && call.query.id == id);
    }
    return tokens_->revoke(id);
}

std::optional<TimePoint> Authenticator::tick() {
    Steps steps;
    std::optional<TimePoint> next;
    {
        const MutexLock lock(mutex_);
        const TimePoint now = settings_.now();
        const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.deadline).count();
        for (auto at = calls_.begin(); at != calls_.end();) {
            const auto call = at++;
            if (call->second.answer_by <= now) {
                fail(call->second, "no answer within " + std::to_string(milliseconds) + " ms", steps);
            }
            if (call->second.is_begun ? call->second.place_until <= now : !call->second.done) {
                end_call(call);
            }
        }
        begin_waiting(steps);
        for (const auto& [number, call] : calls_) {
            const TimePoint ends = call.done ? call.answer_by : call.place_until;
            next = std::min(next.value_or(ends), ends);
        }
        is_watched_ = next.has_value();
    }
    perform(std::move(steps));
    return next;
}

std::size_t Authenticator::calls() const {
    const MutexLock lock(mutex_);
    return begun_;
}

std::size_t Authenticator::waiting() const {
    const MutexLock lock(mutex_);
    return calls_.size() - begun_;
}

}  // namespace ferrotunnel::login
