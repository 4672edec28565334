// Names of fields, parameters and members whose values are secrets. Values by themselves reveal nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::inspect {

/// Replaces a secret.
inline constexpr std::string_view mask = "***";

/// How much of the start of a value decides whether it is hidden. A longer number is not a count.
inline constexpr std::size_t deciding_bytes = 64;

/// The only class that knows names of secrets. A name is split into parts at everything that is neither a letter nor a
/// digit, at changes of case and after digits. It names a secret if one part, or several in a row, are one of the
/// words, whatever digits follow: "X-Api-Key", "apiKey", "password1" and "user[pin]", but not "monkey" or "pinned". A
/// name that only describes a secret does not: "token_type", "token_expires_in", "public_key".
class Secrets {
public:
    /// Hides nothing.
    static Secrets none() { return Secrets(false, {}); }
    /// Hides the values of names with one of the usual words, or one of these.
    explicit Secrets(const std::vector<std::string>& words = {}) : Secrets(true, words) {}

    bool are_hidden() const noexcept { return on_; }
    /// Whether each value of this name is a secret.
    bool is_secret(std::string_view name) const { return classify(name) == Verdict::always; }
    /// Whether `value`, as written, is a secret, by its first `deciding_bytes`. A plural with a number counts things
    /// ("max_tokens": 4096), and "keys" and "sessions" with a list of objects are searched by the names in there.
    bool hides(std::string_view name, std::string_view value) const;
    /// For a query or a form, where OAuth and one-time passwords use "code".
    bool hides_parameter(std::string_view name, std::string_view value) const;

private:
    enum class Verdict : std::uint8_t { no, plural, always };

    Secrets(bool on, const std::vector<std::string>& words);
    Verdict classify(std::string_view name) const;

    bool on_;
    std::vector<std::string> words_;  // in the form of plain_name()
};

/// A name in lower case, with only letters and digits.
std::string plain_name(std::string_view name);

}  // namespace ferrotunnel::inspect
