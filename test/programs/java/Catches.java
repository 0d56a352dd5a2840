/** Fills its heap, and survives that. */
class Catches {
	public static void main(String[] args) {
		var all = new java.util.ArrayList<byte[]>();
		try {
			for (;;) all.add(new byte[1 << 20]);
		} catch (OutOfMemoryError error) {
			all = null;
			System.out.println("caught");
			System.exit(3);
		}
	}
}
