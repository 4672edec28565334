// Overwrites secrets in memory that is about to be freed.
#pragma once

#include <cstring>
#include <string>

namespace ferrotunnel {

/// Overwrites a text that held a secret, and makes it empty. Copies that it left behind when it grew are not found:
/// reserve its size first.
inline void wipe(std::string& text) noexcept {
    ::explicit_bzero(text.data(), text.size());
    text.clear();
}

/// Does so at the end of a block, however that is left.
class WipeAtEnd {
public:
    explicit WipeAtEnd(std::string& text) noexcept : text_(text) {}
    ~WipeAtEnd() { wipe(text_); }
    WipeAtEnd(const WipeAtEnd&) = delete;
    WipeAtEnd& operator=(const WipeAtEnd&) = delete;

private:
    std::string& text_;
};

}  // namespace ferrotunnel
