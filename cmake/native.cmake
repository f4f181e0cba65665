# tidegate_native: the core without Python. One object library for each instruction set and each number type, from the
# same source, and one for what is compiled once.

find_package(Threads REQUIRED)

# TIDEGATE_ISAS: the instruction sets built here, the slowest first; TIDEGATE_FLAGS_<isa>: what turns each on.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(TIDEGATE_ISAS baseline avx2 avx512)
  set(TIDEGATE_FLAGS_baseline)
  set(TIDEGATE_FLAGS_avx2 -mavx2 -mfma)
  # GCC's own headers for AVX-512 start some results from an undefined vector, and it warns of each.
  set(TIDEGATE_FLAGS_avx512 -mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma -mprefer-vector-width=512
      -Wno-uninitialized -Wno-maybe-uninitialized)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(TIDEGATE_ISAS neon)
  set(TIDEGATE_FLAGS_neon)
else()
  set(TIDEGATE_ISAS baseline)
  set(TIDEGATE_FLAGS_baseline)
endif()

# No -ffast-math anywhere: a sum is done in the order it is written, so that results do not depend on the compiler's
# choice, and a multiply-add is fused only where the source says so.
set(TIDEGATE_COMPILE_OPTIONS -Wall -Wextra -Wno-psabi -Wno-ignored-attributes -ffp-contract=off -fno-math-errno)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # No clones of large functions for constant arguments: they double the time to compile for no gain in speed.
  list(APPEND TIDEGATE_COMPILE_OPTIONS -fno-ipa-cp-clone)
endif()
set(TIDEGATE_LINK_OPTIONS)
if(TIDEGATE_SANITIZE)
  list(APPEND TIDEGATE_COMPILE_OPTIONS -fsanitize=${TIDEGATE_SANITIZE} -fno-sanitize-recover=all
       -fno-omit-frame-pointer -g)
  list(APPEND TIDEGATE_LINK_OPTIONS -fsanitize=${TIDEGATE_SANITIZE})
endif()

# What every native target shares: options, include path. Native tests link it too.
add_library(tidegate_options INTERFACE)
target_include_directories(tidegate_options INTERFACE "${PROJECT_SOURCE_DIR}/native")
target_compile_options(tidegate_options INTERFACE ${TIDEGATE_COMPILE_OPTIONS} "$<$<CONFIG:Release>:-O3>")
target_link_options(tidegate_options INTERFACE ${TIDEGATE_LINK_OPTIONS})
target_link_libraries(tidegate_options INTERFACE Threads::Threads)

# native/*.cpp is compiled once, for the oldest processor, but for core_isa.cpp.
file(GLOB once CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/native/*.cpp")
list(REMOVE_ITEM once "${PROJECT_SOURCE_DIR}/native/core_isa.cpp")
add_library(tidegate_native STATIC ${once})
target_link_libraries(tidegate_native PUBLIC tidegate_options)

# tidegate_isa_objects(<target> <isa> <type> <source>...): the sources compiled for one instruction set and one number
# type (float or double), checked for symbols that the linker could merge with another instruction set's.
function(tidegate_isa_objects target isa type)
  add_library(${target} OBJECT ${ARGN})
  target_link_libraries(${target} PRIVATE tidegate_options)
  target_compile_definitions(${target} PRIVATE TG_ISA=${isa} TG_T=${type})
  target_compile_options(${target} PRIVATE ${TIDEGATE_FLAGS_${isa}})
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT TIDEGATE_SANITIZE)
    set(stamp "${CMAKE_CURRENT_BINARY_DIR}/${target}.checked")
    add_custom_command(
      OUTPUT "${stamp}"
      COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DISA=${isa} "-DOBJECTS=$<JOIN:$<TARGET_OBJECTS:${target}>,|>"
              -DSTAMP=${stamp} -P "${PROJECT_SOURCE_DIR}/cmake/check_weak_symbols.cmake"
      DEPENDS $<TARGET_OBJECTS:${target}> "${PROJECT_SOURCE_DIR}/cmake/check_weak_symbols.cmake"
      VERBATIM)
    add_custom_target(${target}_checked ALL DEPENDS "${stamp}")
    add_dependencies(tidegate_native ${target}_checked)
  endif()
endfunction()

foreach(isa IN LISTS TIDEGATE_ISAS)
  string(TOUPPER ${isa} upper)
  target_compile_definitions(tidegate_native PRIVATE TG_HAVE_${upper}=1)
  foreach(type float double)
    tidegate_isa_objects(tidegate_${isa}_${type} ${isa} ${type} native/core_isa.cpp)
    target_sources(tidegate_native PRIVATE $<TARGET_OBJECTS:tidegate_${isa}_${type}>)
  endforeach()
endforeach()
