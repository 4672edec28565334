// A deleter for objects of C libraries: std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>.
#pragma once

namespace ferrotunnel {

template <auto Free>
struct FreeWith {
    template <typename T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};

}  // namespace ferrotunnel
