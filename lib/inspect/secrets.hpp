// Which fields, parameters and members have secrets as their values, by their names. Values alone tell nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::inspect {

/// What stands in the place of a secret.
inline constexpr std::string_view mask = "***";

/// How much of the begin of a value decides whether it is hidden. A number that is longer counts nothing.
inline constexpr std::size_t deciding_bytes = 64;

/// The one class that knows names of secrets. A name is split into parts at everything that is neither a letter nor a
/// digit, at changes of case and behind digits. It names a secret where one part, or several in a row, are one of the
/// words, whatever digits follow: "X-Api-Key", "apiKey", "password1" and "user[pin]", but not "monkey" or "pinned".
/// What only describes a secret is none: "token_type", "token_expires_in", "public_key".
class Secrets {
public:
    /// Hides nothing.
    static Secrets none() { return Secrets(false, {}); }
    /// Hides the values of names with one of the usual words, or one of these.
    explicit Secrets(const std::vector<std::string>& words = {}) : Secrets(true, words) {}

    bool are_hidden() const noexcept { return on_; }
    /// Whether each value of this name is a secret.
    bool is_secret(std::string_view name) const { return verdict_on(name) == Verdict::always; }
    /// Whether this value is one, as it is written, by its first `deciding_bytes`. A plural counts things where it has
    /// a number ("max_tokens": 4096), and "keys" and "sessions" with a list of objects are searched by the names in
    /// there.
    bool hides(std::string_view name, std::string_view value) const;
    /// Of a query or a form, where "code" is what OAuth and one-time passwords call theirs.
    bool hides_parameter(std::string_view name, std::string_view value) const;

private:
    enum class Verdict : std::uint8_t { no, plural, always };

    Secrets(bool on, const std::vector<std::string>& words);
    Verdict verdict_on(std::string_view name) const;

    bool on_;
    std::vector<std::string> words_;  // in the form of plain_name()
};

/// A name in lower case, with letters and digits alone.
std::string plain_name(std::string_view name);

}  // namespace ferrotunnel::inspect
