// Calls a function when a scope is left, even by an exception.
#pragma once

#include <exception>
#include <utility>

namespace ferrotunnel::plugins {

/// Exceptions of the function are dropped.
template <typename Function>
class [[nodiscard]] ScopeExit {
public:
    explicit ScopeExit(Function function) : function_(std::move(function)) {}
    ScopeExit(const ScopeExit&) = delete;
    ScopeExit& operator=(const ScopeExit&) = delete;
    ~ScopeExit() {
        try {
            function_();
        } catch (const std::exception&) {  // no memory: the rest of the function is skipped
        }
    }

private:
    Function function_;
};

}  // namespace ferrotunnel::plugins
