// A question to a worker from another thread, with an answer.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/worker.hpp"

namespace ferrotunnel::detail {

/// Runs `question` on the worker and waits for its answer; at once if this is the worker's thread. Nothing when the
/// worker has stopped or does not answer in time (an application's io_context that nobody runs). Then the question may
/// still be asked later: it must own what it looks at.
template <typename Question>
auto ask(runtime::Worker& worker, Question question) -> std::optional<decltype(question())> {
    using Answer = decltype(question());
    if (worker.runs_here()) {
        return question();
    }
    auto promise = std::make_shared<std::promise<Answer>>();
    std::future<Answer> future = promise->get_future();
    if (!worker.post([promise, question = std::move(question)]() mutable { promise->set_value(question()); })) {
        return std::nullopt;
    }
    promise.reset();  // a worker that stops before it gets there breaks the promise
    if (future.wait_for(std::chrono::seconds(2)) != std::future_status::ready) {
        return std::nullopt;
    }
    try {
        return future.get();
    } catch (const std::future_error&) {
        return std::nullopt;
    }
}

/// Runs `action`, which takes down what lives on the worker: where a thread of the application runs that, there; on
/// this thread when it is that one, when the worker has its own (which `action` stops and joins), or when nobody runs
/// it.
template <typename Action>
void on_its_thread(runtime::Worker& worker, Action action) {
    auto asked = [action]() mutable {
        action();
        return true;
    };
    if (worker.owns_thread() || !ask(worker, asked)) {
        action();
    }
}

}  // namespace ferrotunnel::detail
