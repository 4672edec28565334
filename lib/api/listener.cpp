#include "ferrotunnel/listener.hpp"
#include "base/mutex.hpp"

#include <algorithm>
#include <asio/error.hpp>
#include <asio/system_executor.hpp>
#include <optional>
#include <utility>

#include "api/listener_core.hpp"

namespace ferrotunnel {

namespace detail {
namespace {

// Gives a visitor to a waiter. False if the visitor has left already; the waiter then stays with the caller.
bool complete_accept(const IntrusivePtr<StreamCore>& visitor, const AcceptWaiter& waiter) noexcept {
    if (waiter.incoming != nullptr ? visitor->is_gone() : !visitor->accept()) {
        return false;
    }
    IntrusivePtr<StreamCore> reference = visitor;
    StreamRef ref(reference.detach());
    if (waiter.incoming != nullptr) {
        Incoming incoming(std::move(ref), waiter.incoming->executor);
        waiter.incoming->complete({}, std::move(incoming));
    } else {
        Stream stream(std::move(ref), waiter.accept->executor);
        waiter.accept->complete({}, std::move(stream));
    }
    return true;
}

}  // namespace

void AcceptWaiter::fail(std::error_code error) const noexcept {
    if (incoming != nullptr) {
        incoming->complete(error, Incoming());
    } else {
        accept->complete(error, Stream());
    }
}

ListenerCore::~ListenerCore() {
    end(End::closed, asio::error::operation_aborted, asio::error::operation_aborted);
}

void ListenerCore::deliver(IntrusivePtr<StreamCore> visitor) {
    AcceptWaiter waiter;
    wire::Code refusal = wire::Code::none;
    {
        const MutexLock lock(mutex_);
        if (ended_) {
            refusal = wire::Code::refused;
        } else if (!accepts_.empty()) {
            waiter = accepts_.front();
            accepts_.pop_front();
        } else if (visitors_.size() < backlog_max) {
            visitors_.push_back(std::move(visitor));
            return;
        } else {
            refusal = wire::Code::busy;
        }
    }
    if (refusal != wire::Code::none) {
        visitor->refuse(refusal);
    } else if (!complete_accept(visitor, waiter)) {
        start_accept(waiter);
    }
}

void ListenerCore::start_accept(AcceptWaiter waiter) noexcept {
    while (true) {
        IntrusivePtr<StreamCore> visitor;
        std::error_code ended;
        {
            const MutexLock lock(mutex_);
            ended = ended_;
            if (!ended && visitors_.empty()) {
                accepts_.push_back(waiter);
                return;
            }
            if (!ended) {
                visitor = std::move(visitors_.front());
                visitors_.pop_front();
            }
        }
        if (ended) {
            waiter.fail(ended);
            return;
        }
        if (complete_accept(visitor, waiter)) {
            return;
        }
    }
}

void ListenerCore::cancel_accept(std::uint64_t serial) noexcept {
    std::optional<AcceptWaiter> cancelled;
    {
        const MutexLock lock(mutex_);
        auto at = std::find_if(accepts_.begin(), accepts_.end(),
                               [serial](const AcceptWaiter& waiting) { return waiting.serial() == serial; });
        if (at != accepts_.end()) {
            cancelled = *at;
            accepts_.erase(at);
        }
    }
    if (cancelled) {
        cancelled->fail(asio::error::operation_aborted);
    }
}

void ListenerCore::fail(std::error_code error) {
    end(End::with_client, error, error);
}

void ListenerCore::set_refused(std::error_code error) {
    end(End::refused, error, error);
}

void ListenerCore::set_registered() {
    const MutexLock lock(mutex_);
    if (std::exchange(refused_, false)) {
        ended_.clear();
    }
}

void ListenerCore::close() noexcept {
    end(End::closed, asio::error::operation_aborted, asio::error::bad_descriptor);
    service_->close();
}

void ListenerCore::end(End how, std::error_code for_waiting, std::error_code for_later) noexcept {
    std::deque<IntrusivePtr<StreamCore>> visitors;
    std::deque<AcceptWaiter> accepts;
    {
        const MutexLock lock(mutex_);
        if (!is_closed_) {  // by its application: later reports of the client or server change nothing
            ended_ = for_later;
            refused_ = how == End::refused;
        }
        is_closed_ = is_closed_ || how == End::closed;
        visitors.swap(visitors_);
        accepts.swap(accepts_);
    }
    for (const IntrusivePtr<StreamCore>& visitor : visitors) {
        visitor->refuse(wire::Code::refused);
    }
    for (const AcceptWaiter& waiter : accepts) {
        waiter.fail(for_waiting);
    }
}

bool ListenerCore::is_open() const noexcept {
    const MutexLock lock(mutex_);
    return !ended_ || refused_;
}

std::uint64_t new_serial(ListenerCore& core) noexcept {
    return core.new_serial();
}

void start_accept(ListenerCore& core, AcceptOperation* operation) noexcept {
    core.start_accept({operation, nullptr});
}

void start_accept(ListenerCore& core, IncomingOperation* operation) noexcept {
    core.start_accept({nullptr, operation});
}

void cancel_accept(ListenerCore& core, std::uint64_t serial) noexcept {
    core.cancel_accept(serial);
}

}  // namespace detail

Incoming& Incoming::operator=(Incoming&& other) noexcept {
    if (this != &other) {
        refuse();
        core_ = std::move(other.core_);
        executor_ = std::move(other.executor_);
    }
    return *this;
}

Incoming::~Incoming() {
    refuse();
}

VisitorInfo Incoming::visitor() const {
    return core_ ? detail::visitor_info(core_.get()->origin()) : VisitorInfo();
}

Stream Incoming::accept() noexcept {
    if (core_) {
        (void)core_.get()->accept();  // the stream's own operations report it if the visitor has left
    }
    return {std::exchange(core_, detail::StreamRef()), std::move(executor_)};
}

void Incoming::refuse() noexcept {
    if (const detail::StreamRef core = std::exchange(core_, detail::StreamRef())) {
        core.get()->refuse(wire::Code::refused);
    }
}

Listener::Listener() noexcept = default;
Listener::Listener(Listener&& other) noexcept : core_(std::move(other.core_)), executor_(other.executor_) {}

Listener::Listener(std::shared_ptr<detail::ListenerCore> core, executor_type executor) noexcept
    : core_(std::move(core)), executor_(std::move(executor)) {}

Listener& Listener::operator=(Listener&& other) noexcept {
    if (this != &other) {
        close();
        core_ = std::move(other.core_);
        executor_ = other.executor_;
    }
    return *this;
}

Listener::~Listener() {
    close();
}

bool Listener::is_open() const noexcept {
    return core_ && core_->is_open();
}

Service Listener::service() const {
    return core_ ? Service(core_->service_state()) : Service();
}

std::string Listener::name() const {
    return core_ ? core_->service().name() : std::string();
}

std::string Listener::endpoint() const {
    return core_ ? core_->service().view().endpoint : std::string();
}

std::string Listener::url() const {
    return url_of(endpoint());
}

std::uint16_t Listener::port() const {
    return core_ ? core_->service().view().port : std::uint16_t{0};
}

void Listener::close() noexcept {
    if (core_) {
        core_->close();
    }
}

Listener::executor_type Listener::usable_executor() const {
    return executor_ ? executor_ : executor_type(asio::system_executor());
}

}  // namespace ferrotunnel
