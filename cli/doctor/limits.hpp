// Times and numbers that bound the work of `ferrotunnel doctor`. Each time also ends with the whole examination.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ferrotunnel::cli::doctor {

inline constexpr std::chrono::milliseconds examination_time{15'000};
inline constexpr std::chrono::milliseconds name_patience{5'000};       // a resolver tries two name servers in this time
inline constexpr std::chrono::milliseconds dial_patience{3'000};       // a lost SYN is sent again after 1 s
inline constexpr std::chrono::milliseconds answer_patience{3'000};     // of a proxy, or of an HTTP request
inline constexpr std::chrono::milliseconds handshake_patience{4'000};  // TLS
inline constexpr std::chrono::milliseconds login_patience{6'000};      // of the client library
inline constexpr std::chrono::milliseconds registration_patience{3'000};  // of all services together
inline constexpr std::chrono::milliseconds exchange_patience{3'000};      // of each step of the exchange
inline constexpr std::chrono::milliseconds control_patience{2'000};       // of a control socket

inline constexpr std::size_t exchange_bytes = 64 * 1024;     // more than what is sent before the first acknowledgement
inline constexpr std::size_t services_max = 32;              // requested and dialled
inline constexpr std::size_t backends_max = 64;              // dialled, each on a thread of its own
inline constexpr std::size_t certificates_max = 256;         // read
inline constexpr std::size_t addresses_max = 16;             // of a name
inline constexpr std::size_t message_bytes_max = 64 * 1024;  // of an HTTP request or an answer
inline constexpr std::size_t visitors_max = 128;             // whom the doctor's own backend answers

inline constexpr long expiry_warning_days = 14;
inline constexpr long clock_tolerance_seconds = 60;
inline constexpr std::uint64_t server_descriptors_min = 4'096;
inline constexpr std::uint64_t client_descriptors_min = 1'024;

}  // namespace ferrotunnel::cli::doctor
