// A password in memory that is wiped on destruction.
#pragma once

#include <openssl/crypto.h>

#include <string>
#include <utility>

namespace ferrotunnel::plugins {

/// Move-only. A short text is stored in the object, so a moved-from one is wiped as well.
class Password {
public:
    explicit Password(std::string text) noexcept : text_(std::move(text)) {}
    Password(Password&& other) noexcept : text_(std::move(other.text_)) {}
    Password(const Password&) = delete;
    Password& operator=(const Password&) = delete;
    ~Password() {
        text_.resize(text_.capacity());  // allocates nothing
        OPENSSL_cleanse(text_.data(), text_.size());
    }

    const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
};

}  // namespace ferrotunnel::plugins
