# The compiler settings that every target of this project shares, as interface targets.
set(FERROTUNNEL_GENERATED_INCLUDE_DIR ${PROJECT_BINARY_DIR}/include)
configure_file(${CMAKE_CURRENT_LIST_DIR}/version.hpp.in
  ${FERROTUNNEL_GENERATED_INCLUDE_DIR}/ferrotunnel/version.hpp @ONLY)
if(NOT FERROTUNNEL_FUZZ)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/asio_version.hpp.in
    ${FERROTUNNEL_GENERATED_INCLUDE_DIR}/ferrotunnel/detail/asio_version.hpp @ONLY)
endif()

# Warnings, sanitizers and hardening; no include directories, so that code outside lib/ can use it as well.
add_library(ft_compile INTERFACE)
target_compile_options(ft_compile INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
  $<$<BOOL:${FERROTUNNEL_WERROR}>:-Werror>)
if(FERROTUNNEL_SANITIZE)
  # A finding must end the test that meets it, so nothing is merely printed.
  target_compile_options(ft_compile INTERFACE
    -fsanitize=${FERROTUNNEL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(ft_compile INTERFACE -fsanitize=${FERROTUNNEL_SANITIZE})
  if(FERROTUNNEL_SANITIZE MATCHES "undefined" AND NOT FERROTUNNEL_FUZZ)
    # A quarter of the compiler's time. AddressSanitizer reports uses of null as well, and fuzzing checks both.
    target_compile_options(ft_compile INTERFACE -fno-sanitize=null,alignment)
  endif()
  if(FERROTUNNEL_FUZZ)
    target_compile_options(ft_compile INTERFACE -fsanitize=fuzzer-no-link)  # coverage for libFuzzer to steer by
  endif()
  if(FERROTUNNEL_SANITIZE MATCHES "thread")
    target_compile_options(ft_compile INTERFACE -Wno-tsan)  # Asio's headers use fences
  endif()
else()
  target_compile_options(ft_compile INTERFACE
    $<$<CONFIG:Release>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2;-fstack-protector-strong>)
  target_link_options(ft_compile INTERFACE $<$<CONFIG:Release>:LINKER:-z,relro,-z,now>)
endif()

# GCC bounds how much a large unit may grow by inlining. A unit of many sources would have the bound of one, and less would
# be inlined than where each is compiled alone. tests/instructions counts what that costs.
if(FERROTUNNEL_UNITY)
  target_compile_options(ft_compile INTERFACE
    $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:--param=large-unit-insns=200000>)
endif()

# For code that runs at the start, or when somebody asks. Of a process without visitors, a third of the memory is pages of
# our own code that were touched once.
add_library(ft_small INTERFACE)
target_compile_options(ft_small INTERFACE $<$<CONFIG:Release>:-Os;-ffunction-sections;-fdata-sections>)
if(FERROTUNNEL_UNITY)  # GCC's own bound again
  target_compile_options(ft_small INTERFACE
    $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:--param=large-unit-insns=15000>)
endif()
if(FERROTUNNEL_SANITIZE AND NOT FERROTUNNEL_FUZZ)
  target_compile_options(ft_small INTERFACE -O0)  # with sanitizers, optimising it takes longer than all of its runs
endif()

# The library's own sources and their tests.
add_library(ft_flags INTERFACE)
target_link_libraries(ft_flags INTERFACE ft_compile)
target_include_directories(ft_flags INTERFACE
  ${PROJECT_SOURCE_DIR}/lib ${PROJECT_SOURCE_DIR}/include ${FERROTUNNEL_GENERATED_INCLUDE_DIR})

# Asio without Boost, deprecated parts left out; one definition for library and users. Asio's headers give their own
# symbols default visibility, so that error categories are the same objects on both sides of a shared library.
# Asio would decide by the order of #include lines whether it allocates with aligned_alloc or operator new, and then free
# memory of one object file with the other's function: so it is said here.
set(FERROTUNNEL_ASIO_DEFINITIONS ASIO_STANDALONE ASIO_NO_DEPRECATED ASIO_HAS_STD_ALIGNED_ALLOC)
if(NOT FERROTUNNEL_FUZZ)
  add_library(ft_asio INTERFACE)
  target_compile_definitions(ft_asio INTERFACE ${FERROTUNNEL_ASIO_DEFINITIONS})
  target_link_libraries(ft_asio INTERFACE Threads::Threads)
endif()
