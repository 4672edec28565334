#include "password_hash.hpp"

#include <crypt.h>

#include <array>
#include <cstring>
#include <memory>

namespace ferrotunnel::cli {

std::optional<std::string> hash_of_password(const Secret& password) {
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
    if (crypt_gensalt_rn("$y$", 0, nullptr, 0, setting.data(), static_cast<int>(setting.size())) == nullptr) {
        return std::nullopt;
    }
    std::string text(password.reveal());
    const auto room = std::make_unique<crypt_data>();  // 32 KiB
    // Not crypt_r: sanitizers stand in front of it, and find nothing behind themselves in a library that came later.
    const char* const made = crypt_rn(text.c_str(), setting.data(), room.get(), static_cast<int>(sizeof *room));
    std::optional<std::string> hash = made != nullptr ? std::optional<std::string>(made) : std::nullopt;
    explicit_bzero(text.data(), text.size());
    explicit_bzero(room.get(), sizeof *room);
    return hash;
}

}  // namespace ferrotunnel::cli
