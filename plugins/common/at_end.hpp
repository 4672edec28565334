// Calls a function when a scope is left, even by an exception.
#pragma once

#include <exception>
#include <utility>

namespace ferrotunnel::plugins {

/// Exceptions of the function are dropped.
template <typename Function>
class [[nodiscard]] AtEnd {
public:
    explicit AtEnd(Function function) : function_(std::move(function)) {}
    AtEnd(const AtEnd&) = delete;
    AtEnd& operator=(const AtEnd&) = delete;
    ~AtEnd() {
        try {
            function_();
        } catch (const std::exception&) {  // no memory: the rest of the function is skipped
        }
    }

private:
    Function function_;
};

}  // namespace ferrotunnel::plugins
