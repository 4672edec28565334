// Result: a value or an error. For operating errors, which are values (bugs throw, see check.hpp).
#pragma once

#include <utility>
#include <variant>

#include "base/check.hpp"

namespace ferrotunnel {

template <typename T, typename E>
class Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
    Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

    explicit operator bool() const noexcept { return state_.index() == 0; }
    T& value() {
        check(state_.index() == 0, "a result that is asked for its value has one");
        return *std::get_if<0>(&state_);
    }
    const T& value() const {
        check(state_.index() == 0, "a result that is asked for its value has one");
        return *std::get_if<0>(&state_);
    }
    const E& error() const {
        check(state_.index() == 1, "a result that is asked for its error has one");
        return *std::get_if<1>(&state_);
    }
    T& operator*() { return value(); }
    const T& operator*() const { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

private:
    std::variant<T, E> state_;
};

}  // namespace ferrotunnel
