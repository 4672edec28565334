// A reference-counted base class and its pointer: one word, no control block, safe across threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace ferrotunnel {

/// Base of reference-counted objects. An object starts with one reference, which `IntrusivePtr<T>::adopt` (or
/// `make_intrusive`) adopts.
class RefCounted {
public:
    RefCounted() = default;
    RefCounted(const RefCounted&) = delete;
    RefCounted& operator=(const RefCounted&) = delete;

    void add_ref() const noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }
    void release() const noexcept {
        if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete this;
        }
    }

protected:
    virtual ~RefCounted() = default;

private:
    mutable std::atomic<std::uint32_t> refs_{1};
};

template <typename U, typename T>
concept PointerConvertibleTo = std::is_convertible_v<U*, T*>;

template <typename T>
class IntrusivePtr {
public:
    IntrusivePtr() = default;
    IntrusivePtr(std::nullptr_t) noexcept {}  // NOLINT(google-explicit-constructor)
    /// Shares `object`: adds a reference.
    explicit IntrusivePtr(T* object) noexcept : object_(object) {
        if (object_ != nullptr) {
            object_->add_ref();
        }
    }
    IntrusivePtr(const IntrusivePtr& other) noexcept : IntrusivePtr(other.object_) {}
    IntrusivePtr(IntrusivePtr&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    template <PointerConvertibleTo<T> U>
    IntrusivePtr(IntrusivePtr<U> other) noexcept : object_(other.detach()) {}  // NOLINT(google-explicit-constructor)
    IntrusivePtr& operator=(IntrusivePtr other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~IntrusivePtr() { reset(); }

    /// Adopts an existing reference.
    static IntrusivePtr adopt(T* object) noexcept {
        IntrusivePtr pointer;
        pointer.object_ = object;
        return pointer;
    }
    /// Returns the pointer with its reference, which the caller must release.
    T* detach() noexcept { return std::exchange(object_, nullptr); }
    void reset() noexcept {
        if (T* object = std::exchange(object_, nullptr)) {
            object->release();
        }
    }

    T* get() const noexcept { return object_; }
    T* operator->() const noexcept { return object_; }
    T& operator*() const noexcept { return *object_; }
    explicit operator bool() const noexcept { return object_ != nullptr; }
    friend bool operator==(const IntrusivePtr&, const IntrusivePtr&) = default;

private:
    T* object_ = nullptr;
};

template <typename T, typename... Args>
IntrusivePtr<T> make_intrusive(Args&&... args) {
    return IntrusivePtr<T>::adopt(new T(std::forward<Args>(args)...));
}

}  // namespace ferrotunnel
