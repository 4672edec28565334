// The executor for handlers without one of their own: they run on a worker, as mail in its rounds.
//
// A worker with a thread of its own needs no io_context for that. A function that is posted after the worker has
// stopped, or is still waiting there when it stops, runs on Asio's system executor instead: a handler that waits for
// the end of something may be called late, but it is called. Inside an application's io_context the executor is the
// io_context's own.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/execution_context.hpp>
#include <asio/post.hpp>
#include <asio/system_executor.hpp>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

#include "buffer/mailbox.hpp"

namespace ferrotunnel::runtime {

class Worker;

/// The executor's view of its worker; it outlives the worker.
class HandlerHome {
public:
    virtual buffer::Mailbox& mailbox_for_handlers() noexcept = 0;
    /// Called on the worker.
    virtual void handler_has_thrown(const std::exception_ptr& thrown) = 0;
    /// The worker's io_context, which the worker uses from then on; the system executor's context once the worker is
    /// gone.
    virtual asio::execution_context& context_for_handlers() noexcept = 0;

protected:
    ~HandlerHome() = default;
};

/// Runs functions on a worker; any thread. As a standard executor in Asio's terms: `execute` never runs one at once.
class WorkerExecutor {
public:
    explicit WorkerExecutor(std::shared_ptr<HandlerHome> home) noexcept : home_(std::move(home)) {}

    template <typename Function>
    void execute(Function&& function) const {
        auto mail = make_intrusive<Mail<std::decay_t<Function>>>(home_, std::forward<Function>(function));
        if (!home_->mailbox_for_handlers().post(mail)) {
            mail->dropped();
        }
    }
    asio::execution_context& query(asio::execution::context_t) const noexcept { return home_->context_for_handlers(); }
    static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept {
        return asio::execution::blocking.never;
    }
    friend bool operator==(const WorkerExecutor&, const WorkerExecutor&) noexcept = default;

private:
    template <typename Function>
    class Mail final : public buffer::Mail {
    public:
        template <typename AnyFunction>
        Mail(std::shared_ptr<HandlerHome> home, AnyFunction&& function)
            : home_(std::move(home)), function_(std::forward<AnyFunction>(function)) {}
        void deliver() noexcept override {
            try {
                Function function = std::move(function_);
                function();
            } catch (...) {
                home_->handler_has_thrown(std::current_exception());
            }
        }
        void dropped() noexcept override {
            asio::post(asio::system_executor(), [function = std::move(function_)]() mutable {
                try {
                    function();
                } catch (...) {  // there is nothing left to report it to
                }
            });
        }

    private:
        std::shared_ptr<HandlerHome> home_;
        Function function_;
    };

    std::shared_ptr<HandlerHome> home_;
};

/// The executor for handlers without one of their own. Thread-safe; may outlive the worker.
asio::any_io_executor executor_of(Worker& worker);

}  // namespace ferrotunnel::runtime
