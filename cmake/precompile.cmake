# Precompiled headers (FERROTUNNEL_PCH), for builds that compile each source alone: the headers of others, which cost more
# than most sources, and for two large folders what they include of the folders below.
set(precompiled_standard <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <cstdint> <deque>
  <filesystem> <functional> <map> <memory> <mutex> <optional> <set> <span> <string> <string_view> <system_error> <thread>
  <tuple> <unordered_map> <utility> <variant> <vector>)
set(precompiled_asio <asio/any_io_executor.hpp> <asio/associated_allocator.hpp> <asio/associated_cancellation_slot.hpp>
  <asio/async_result.hpp> <asio/executor_work_guard.hpp> <asio/io_context.hpp> <asio/ip/tcp.hpp> <asio/post.hpp>
  <asio/posix/stream_descriptor.hpp> <asio/steady_timer.hpp> <asio/system_executor.hpp>)
set(precompiled_json <nlohmann/json.hpp>)

# ft_precompile(target header...): of a target's own.
function(ft_precompile target)
  if(FERROTUNNEL_PCH)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# ft_precompiled_by(target owner): those of another target, which has the same flags.
function(ft_precompiled_by target owner)
  if(FERROTUNNEL_PCH)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
endfunction()

if(NOT FERROTUNNEL_PCH)
  return()
endif()
# GCC collects its garbage when that has grown by 128 MiB or doubled, and looks through all that was precompiled each time.
target_compile_options(ft_compile INTERFACE $<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-heapsize=524288>)
# What is precompiled with a definition is not used where that is missing.
target_compile_definitions(ft_flags INTERFACE ${FERROTUNNEL_ASIO_DEFINITIONS})
set(FERROTUNNEL_NOTHING ${PROJECT_BINARY_DIR}/nothing.cpp)
file(CONFIGURE OUTPUT ${FERROTUNNEL_NOTHING} CONTENT "int main() {}\n")
add_library(ft_precompiled_library OBJECT EXCLUDE_FROM_ALL ${FERROTUNNEL_NOTHING})
target_link_libraries(ft_precompiled_library PRIVATE ft_flags)
ft_precompile(ft_precompiled_library ${precompiled_standard} ${precompiled_asio} ${precompiled_json})
