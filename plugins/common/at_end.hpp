// Calls a function when a scope is left, by an exception too: for what is owed to others in any case.
#pragma once

#include <exception>
#include <utility>

namespace ferrotunnel::plugins {

/// What the function throws is dropped.
template <typename Function>
class [[nodiscard]] AtEnd {
public:
    explicit AtEnd(Function function) : function_(std::move(function)) {}
    AtEnd(const AtEnd&) = delete;
    AtEnd& operator=(const AtEnd&) = delete;
    ~AtEnd() {
        try {
            function_();
        } catch (const std::exception&) {  // no memory: what the function has not done is destroyed
        }
    }

private:
    Function function_;
};

}  // namespace ferrotunnel::plugins
